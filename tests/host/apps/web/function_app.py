"""What can an HTTP function see and say? An app for the host's conformance tests."""

import json

import azure.functions as func

app = func.FunctionApp()


@app.route(route="echo/{word}", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def echo(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with everything the request brought."""
    seen = {
        "word": req.route_params["word"],
        "query": dict(req.params),
        "header": req.headers.get("x-colour"),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(
        json.dumps(seen), status_code=201, headers={"x-answer": "yes"}, mimetype="application/json"
    )


@app.route(methods=["GET"])
def broken(req: func.HttpRequest) -> func.HttpResponse:
    """Fail."""
    raise RuntimeError("no luck")
