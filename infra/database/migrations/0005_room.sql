-- Room in each page for the next version of its rows: activity that is recorded, and a login, then change a row where it
-- is and add nothing to any index. Pages get it when they are filled or rewritten. Dead rows are taken away, and statistics
-- taken, in small portions: by PostgreSQL's defaults a table waits for a fifth, or a tenth, of its rows, however large it
-- is. Neither readers nor writers wait for this.

ALTER TABLE sessions SET (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);

ALTER TABLE users SET (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);
