#!/usr/bin/env python3
"""Checks deploy/ and compose.yaml without running anything.

  check.py                     checks that all files parse, that dashboard and alerts use existing metrics and labels, and
                               that every alert has a section in docs/operations.md
  check.py rules               prints the dashboard's expressions as a rules file, for promtool to parse
  check.py environment KIND    prints the settings that compose, kubernetes or systemd give the program, as KEY=VALUE lines
"""

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
# The scrape configuration, Prometheus itself or a histogram sets these labels.
LABELS_OF_ALL = {"job", "tenant", "instance", "le"}
OF_PROMETHEUS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}}


def documents():
    """All YAML documents, by file."""
    files = [ROOT / "compose.yaml", *sorted(DEPLOY.rglob("*.yaml"))]
    return {file: list(yaml.safe_load_all(file.read_text())) for file in files}


def metrics():
    """The metrics in the source, with their labels."""
    found = {name: set(labels) for name, labels in OF_PROMETHEUS.items()}
    made = re.compile(r'\b(counter|gauge|histogram)!\(\s*"(\w+)"((?:[^()]|\([^()]*\))*)\)')
    for file in sorted((ROOT / "src").rglob("*.rs")):
        for kind, name, arguments in made.findall(file.read_text()):
            names = [name + end for end in ("_bucket", "_sum", "_count")] if kind == "histogram" else [name]
            for name in names:
                found.setdefault(name, set()).update(re.findall(r'"(\w+)"\s*=>', arguments))
    return found


def dashboard_expressions():
    dashboard = json.loads((DEPLOY / "grafana/optedo-officient.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    expressions += [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
    variables = [("$__rate_interval", "5m"), ("$__range", "1h"), ("$tenant", "acme")]
    for variable, value in variables:
        expressions = [expression.replace(variable, value) for expression in expressions]
    return expressions


def alerts():
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def faults_of(expression, known):
    """Metrics and labels of an expression that do not exist."""
    expression = " ".join(expression.split())
    for name, selectors in re.findall(r"(\w+)\{([^}]*)\}", expression):
        if name not in known:
            yield f"there is no metric {name}: {expression}"
            continue
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', selectors)):
            if label not in known[name] | LABELS_OF_ALL:
                yield f"{name} has no label {label}: {expression}"
    labels = set().union(LABELS_OF_ALL, *known.values())
    for clause in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression):
        for label in re.findall(r"\w+", clause):
            if label not in labels:
                yield f"nothing has a label {label}: {expression}"


def check():
    faults = []
    documents()
    known = metrics()
    for expression in [*dashboard_expressions(), *(alert["expr"] for alert in alerts())]:
        faults += faults_of(expression, known)
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE)
    tested = (DEPLOY / "tests/alerts.yaml").read_text()
    for alert in alerts():
        name = alert["alert"]
        if name not in headings or alert["annotations"]["runbook"] != f"docs/operations.md#{name.lower()}":
            faults.append(f"docs/operations.md has no section {name}")
        if f'alertname="{name}"' not in tested:
            faults.append(f"deploy/tests/alerts.yaml does not test {name}")
    for fault in faults:
        print(f"deploy: {fault}", file=sys.stderr)
    return 1 if faults else 0


def rules():
    named = enumerate(dashboard_expressions())
    group = {"name": "dashboard", "rules": [{"record": f"expression_{n}", "expr": expr} for n, expr in named]}
    print(yaml.safe_dump({"groups": [group]}))


def environment(kind):
    if kind == "compose":
        (compose,) = documents()[ROOT / "compose.yaml"]
        settings = compose["services"]["optedo-officient"]["environment"].items()
    elif kind == "kubernetes":
        (deployment,) = documents()[DEPLOY / "kubernetes/base/deployment.yaml"]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        (tenant,) = documents()[DEPLOY / "kubernetes/acme/kustomization.yaml"]
        settings = [(entry["name"], entry["value"]) for entry in container["env"]]
        settings += [literal.split("=", 1) for literal in tenant["configMapGenerator"][0]["literals"]]
    else:
        unit = (DEPLOY / "systemd/optedo-officient@.service").read_text()
        settings = re.findall(r"^Environment=(\w+)=(.*)$", unit, re.MULTILINE)
    for key, value in settings:
        print(f"{key}={value}")


if __name__ == "__main__":
    what, *arguments = sys.argv[1:] or ["check"]
    sys.exit({"check": check, "rules": rules, "environment": environment}[what](*arguments))
