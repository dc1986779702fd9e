"""How does the pretend ARM treat a call? Time, token, budget, fault, handler, log: in this order, without HTTP."""

import re

from local.arm import (
    faulty,
    routes_discovery,
    routes_fleet,
    routes_groups,
    routes_items,
    routes_jobs,
    routes_machines,
    routes_metrics,
    routes_monitoring,
    routes_restores,
    routes_secondary,
    routes_settings,
    routes_storage,
    routes_vault_writes,
    routes_vaults,
)
from local.arm.budgets import Budgets
from local.arm.messages import Call, Request, Response, Route, error
from local.faults import Fault
from local.world import runs
from local.world.cloud import Cloud
from local.world.state import Refused

ROUTES: tuple[Route, ...] = (
    *routes_vaults.ROUTES,
    *routes_items.ROUTES,
    *routes_jobs.ROUTES,
    *routes_discovery.ROUTES,
    *routes_settings.ROUTES,
    *routes_fleet.ROUTES,
    *routes_metrics.ROUTES,
    *routes_monitoring.ROUTES,
    *routes_storage.ROUTES,
    *routes_groups.ROUTES,
    *routes_restores.ROUTES,
    *routes_secondary.ROUTES,
    *routes_vault_writes.ROUTES,
    *routes_machines.ROUTES,
)
_FAULT_WAIT_SECONDS = 10
_ASKING = (
    "/read",
    "/backupstatus/action",
    "/refreshcontainers/action",
    "/backupvalidateoperation/action",
    "/accesstoken/action",
    "/backupcrrjob/action",
    "/backupcrrjobs/action",
)
"""Ends of the actions that change nothing, whatever their method."""
_NO_VERSION = "The api-version query parameter (?api-version=) is required for all requests."


class Service:
    """ARM over one cloud, for one principal."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._budgets = Budgets(cloud.world.limits)
        self._routes = [(route, _pattern(route.template)) for route in ROUTES]
        self._calls = 0

    def handle(self, request: Request) -> Response:
        """Answer one call; one that is throttled is told when to come back."""
        cloud, self._calls = self.cloud, self._calls + 1
        fault = cloud.begin(request.method, request.path)
        route, params = self._find(request)
        response, effect = self._treat(request, route, params, fault)
        status = 0 if response.dropped else response.status
        cloud.note(request.method, request.path, route.action if route else "", status, effect)
        response.headers.setdefault("x-ms-request-id", runs.guid(cloud.world.seed, "request", self._calls))
        response.headers.setdefault("x-ms-correlation-request-id", response.headers["x-ms-request-id"])
        return response

    def _find(self, request: Request) -> tuple[Route | None, dict[str, str]]:
        for route, pattern in self._routes:
            match = pattern.fullmatch(request.path) if route.method == request.method else None
            if match:
                return route, match.groupdict()
        return None, {}

    def _treat(
        self, request: Request, route: Route | None, params: dict[str, str], fault: Fault | None
    ) -> tuple[Response, bool]:
        """Return the answer and whether the call changed anything."""
        if not request.caller:
            missing = "Authentication failed. The 'Authorization' header is missing."
            return error(401, "AuthenticationFailed", missing), False
        if route is None:
            text = f"No route for {request.method} '{request.path}' in the local Azure."
            return error(404, "InvalidResourceType", text), False
        if not request.query.get("api-version"):
            return error(400, "MissingApiVersionParameter", _NO_VERSION), False
        cloud = self.cloud
        verdict = self._budgets.take(params.get("subscription", ""), route.method, route.action, cloud.world.now)
        if verdict.wait:
            return self._throttled(verdict.code, verdict.message, verdict.wait, verdict.headers), False
        call = Call(cloud, request, params)
        if fault and fault.kind == "429":
            return self._throttled("ResourceRequestsThrottled", _too_many(route), _FAULT_WAIT_SECONDS, {}), False
        if fault and not fault.after and (instead := faulty.meet(call, fault, route.error)):
            return instead, False
        try:
            response = route.handler(call)
        except Refused as refused:
            full = refused.code != "ResourceNotFound"
            response = route.error(refused.status, refused.code, refused.message, full=full)
        effect = route.method != "GET" and response.status < 300 and not route.action.lower().endswith(_ASKING)
        if fault and response.status < 300:
            if fault.kind == "stuck":
                faulty.get_stuck(call, fault)
            elif fault.after and (instead := faulty.meet(call, fault, route.error)):
                return instead, effect
        response.headers |= verdict.headers
        return response, effect

    def _throttled(self, code: str, message: str, wait: float, headers: dict[str, str]) -> Response:
        response = error(429, code, message)
        response.headers = {**headers, "Retry-After": str(self.cloud.postpone(wait))}
        return response


def _too_many(route: Route) -> str:
    return (
        f"Number of requests for action '{route.action}' exceeded the limit of '300' for time interval '01:00:00'. "
        f"Please try again after '{_FAULT_WAIT_SECONDS}' seconds."
    )


def normal(path: str) -> str:
    """Return the path without doubled or trailing slashes."""
    return re.sub(r"/{2,}", "/", path).rstrip("/") or "/"


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    text = "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile(text, re.IGNORECASE)
