"""The application's domain at CloudFront: which path leads where, who is told the secret, and what is never kept."""

import re
from typing import Any

import pytest

from session_management.errors import ConfigurationError
from session_management.settings import Settings
from tests.packaging.resolution import Resolution
from tests.packaging.template import everywhere, functions, stack, template
from tests.packaging.translation import references, translations

SECRET = "s" * 32
DOORS = {name: function for name, function in functions().items() if "FunctionUrlConfig" in function}
HOSTS = {f"{name}Host": f"{name.lower()}.lambda-url.eu-central-1.on.aws" for name in DOORS}
GIVEN = {
    "Name": "sessions-1a2b3c4d",
    "DomainName": "app.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1a2b3c4d",
    "AppOrigin": "origin.example.com",
    "WebAclArn": "",
    "OriginSecret": SECRET,
    **HOSTS,
}
APPLICATION = "origin.example.com"
ALL_METHODS = {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
# All errors whose time can be set, but for 416, which is never kept.
KEPT_ERRORS = {400, 403, 404, 405, 414, 500, 501, 502, 503, 504}
LONGEST_START_SECONDS = 10


def configuration(**changes: str) -> dict[str, Any]:
    """Return the distribution's configuration."""
    distribution = stack("edge")["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    made: dict[str, Any] = Resolution(stack("edge"), GIVEN | changes).of(distribution)
    return made


def origins() -> dict[str, dict[str, Any]]:
    """Return the origins, by host."""
    return {origin["DomainName"]: origin for origin in configuration()["Origins"]}


def doors() -> dict[str, dict[str, Any]]:
    """Return how each path of a door is treated."""
    return {behaviour["PathPattern"]: behaviour for behaviour in configuration()["CacheBehaviors"]}


def behaviours() -> list[dict[str, Any]]:
    """Return how the doors' paths and all others are treated."""
    return [*doors().values(), configuration()["DefaultCacheBehavior"]]


def led_to(behaviour: dict[str, Any]) -> str:
    """Return the host that answers."""
    (host,) = [host for host, origin in origins().items() if origin["Id"] == behaviour["TargetOriginId"]]
    return host


def test_every_path_of_a_door_leads_to_its_function_and_any_other_to_the_application():
    routes = {
        event["Properties"]["Path"].replace("{proxy+}", "*"): HOSTS[f"{name}Host"]
        for name, door in DOORS.items()
        for event in door["Events"].values()
    }

    assert {path: led_to(door) for path, door in doors().items()} == routes
    assert led_to(configuration()["DefaultCacheBehavior"]) == APPLICATION


def test_it_is_told_all_that_it_asks_for_and_the_hosts_of_the_functions_urls():
    told = template()["Resources"]["Edge"]["Properties"]["Parameters"]

    assert told.keys() == stack("edge")["Parameters"].keys() == GIVEN.keys()
    for name in DOORS:
        url = {"Fn::Split": ["/", {"Fn::GetAtt": [f"{name}Url", "FunctionUrl"]}]}
        assert told[f"{name}Host"] == {"Fn::Select": [2, url]}


def test_every_request_to_a_door_proves_itself_and_none_to_the_application_does():
    proofs = {host: origin.get("OriginCustomHeaders") for host, origin in origins().items()}
    proof = [{"HeaderName": "X-Origin-Secret", "HeaderValue": SECRET}]

    assert proofs == {APPLICATION: None, **dict.fromkeys(HOSTS.values(), proof)}


def test_the_secret_stands_nowhere_else():
    resources = Resolution(stack("edge"), GIVEN).of(stack("edge")["Resources"] | stack("edge")["Outputs"])

    assert str(resources).count(SECRET) == len(DOORS)
    assert stack("edge")["Parameters"]["OriginSecret"]["NoEcho"]
    assert SECRET not in str(Resolution(stack("edge"), GIVEN).of(stack("edge")["Outputs"]))


def test_the_doors_are_told_the_viewers_address():
    says_address = [{"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["ViewerAddress", "FunctionARN"]}}]

    assert all(door["FunctionAssociations"] == says_address for door in doors().values())
    assert "FunctionAssociations" not in configuration()["DefaultCacheBehavior"]
    assert stack("edge")["Resources"]["ViewerAddress"]["Properties"]["AutoPublish"]


def test_all_that_a_viewer_sends_is_passed_on_but_the_host_and_no_answer_is_kept():
    """Cookies, bearer tokens and Origin among it; a function URL finds its function by the host."""
    for behaviour in behaviours():
        assert set(behaviour["AllowedMethods"]) == ALL_METHODS
        assert behaviour["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER
        assert behaviour["CachePolicyId"] == CACHING_DISABLED
        assert behaviour["Compress"] is False


def test_no_error_is_kept_or_replaced_by_a_page():
    """P6: CloudFront keeps an error for 10 s of itself, and one client's 503 would be everybody's."""
    errors = configuration()["CustomErrorResponses"]

    assert {error["ErrorCode"] for error in errors} == KEPT_ERRORS
    assert all(error == {"ErrorCode": error["ErrorCode"], "ErrorCachingMinTTL": 0} for error in errors)


def test_a_function_has_its_time_before_cloudfront_gives_up():
    """A start comes before the function's own time."""
    longest = max(function.get("Timeout", everywhere()["Timeout"]) for function in DOORS.values())

    for host in HOSTS.values():
        assert origins()[host]["CustomOriginConfig"]["OriginReadTimeout"] > longest + LONGEST_START_SECONDS


def test_every_way_is_https():
    for origin in origins().values():
        way = origin["CustomOriginConfig"]
        assert (way["OriginProtocolPolicy"], way["OriginSSLProtocols"]) == ("https-only", ["TLSv1.2"])
    certificate = configuration()["ViewerCertificate"]
    assert certificate == {
        "AcmCertificateArn": GIVEN["CertificateArn"],
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }


def test_pages_are_redirected_to_https_and_doors_are_not():
    """ASVS 4.1.2."""
    assert {door["ViewerProtocolPolicy"] for door in doors().values()} == {"https-only"}
    assert configuration()["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"


def test_it_is_the_domain_and_speaks_every_protocol():
    made = configuration()

    assert made["Aliases"] == ["app.example.com"]
    assert (made["Enabled"], made["HttpVersion"], made["IPV6Enabled"]) == (True, "http2and3", True)


def test_a_web_acl_stands_before_it_where_one_is_given():
    acl = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/app/1a2b"

    assert "WebACLId" not in configuration()
    assert configuration(WebAclArn=acl)["WebACLId"] == acl


def test_the_longest_name_is_a_functions_name():
    viewer_address = stack("edge")["Resources"]["ViewerAddress"]["Properties"]["Name"]
    name = Resolution(stack("edge"), {**GIVEN, "Name": "a" * 40}).of(viewer_address)

    assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name)


@pytest.mark.parametrize(
    ("secret", "is_one"),
    [("s" * 32, True), ("~!" * 40, True), ("s" * 31, False), ("s" * 16 + " " + "s" * 16, False), ("é" * 32, False)],
)
def test_a_secret_that_the_functions_would_refuse_is_refused_before(secret: str, is_one: bool):
    """For the parameters and for the setting it is the same."""
    patterns = [
        *(template()["Parameters"][name]["AllowedPattern"] for name in ("OriginSecret", "OriginSecretPrevious")),
        stack("edge")["Parameters"]["OriginSecret"]["AllowedPattern"],
    ]

    assert [bool(re.fullmatch(pattern, secret)) for pattern in patterns] == [is_one] * 3
    assert settings_take(secret) is is_one


def settings_take(secret: str) -> bool:
    try:
        return Settings.from_environment({"ORIGIN_SECRET": secret}).origin_secret is not None
    except ConfigurationError:
        return False


def test_without_an_edge_there_is_no_secret():
    patterns = [template()["Parameters"][name]["AllowedPattern"] for name in ("OriginSecret", "OriginSecretPrevious")]

    assert all(re.fullmatch(pattern, "") for pattern in patterns)


def test_the_functions_know_a_new_secret_before_cloudfront_sends_it(environments: None):
    """A URL is its alias's, which waits for the version with the new setting."""
    (made,) = translations(template(), [{"CreateEdge": "true"}])
    resources = made["Resources"]

    for name in DOORS:
        assert f"{name}Url" in references(resources["Edge"])
        assert f"{name}Aliaslive" in references(resources[f"{name}Url"])
        (version,) = [each for each in references(resources[f"{name}Aliaslive"]) if each.startswith(f"{name}Version")]
        assert resources[version]["Properties"]["FunctionName"] == {"Ref": name}
        assert resources[name]["Properties"]["Environment"]["Variables"]["ORIGIN_SECRET"] == {"Ref": "OriginSecret"}
