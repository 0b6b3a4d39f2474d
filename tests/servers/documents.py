# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented documents of an Alien4Cloud 1.1.0 installation, one form for every type of its indices:
the same ones for the same seed and number, whatever the folder and the server.

In their not-indexed parts stand what a careless reader of JSON changes: 1.0, 1e400, -0, integers of
20 digits, double keys, escapes, keys in odd order."""

import json
import random
import re
import uuid

# Index, its types. Where they differ from the index's name, the application asks by type.
INDICES = {
    "toscaelement": (
        "indexedtoscaelement", "indexednodetype", "indexedcapabilitytype",
        "indexedrelationshiptype", "indexedartifacttype", "indexedartifacttoscaelement",
        "indexeddatatype"),
    "csar": ("csar",), "csargitrepository": ("csargitrepository",),
    "application": ("application",), "applicationversion": ("applicationversion",),
    "applicationenvironment": ("applicationenvironment",),
    "topology": ("topology",), "topologytemplate": ("topologytemplate",),
    "topologytemplateversion": ("topologytemplateversion",),
    "deploymenttopology": ("deploymenttopology",), "deployedtopologies": ("deploymenttopology",),
    "deployment": ("deployment",),
    "orchestrator": ("orchestrator",), "orchestratorconfiguration": ("orchestratorconfiguration",),
    "location": ("location",), "locationresourcetemplate": ("locationresourcetemplate",),
    "plugin": ("plugin",), "pluginconfiguration": ("pluginconfiguration",),
    "metapropconfiguration": ("metapropconfiguration",),
    "deploymentmonitorevents": (
        "abstractmonitorevent", "paasdeploymentstatusmonitorevent",
        "paasinstancestatemonitorevent", "paasmessagemonitorevent",
        "paasinstancepersistentresourcemonitorevent", "paasworkflowstepmonitorevent",
        "paasworkflowmonitorevent"),
    "imagedata": ("imagedata",), "alienaudit": ("audittrace", "auditconfiguration"),
    "user": ("user",), "group": ("group",),
}
EXPIRING = ("deploymentmonitorevents", "alienaudit")
# How the documents that are not a fixed number are shared out.
SHARES = {
    "indexedtoscaelement": 1, "indexednodetype": 18, "indexedcapabilitytype": 5,
    "indexedrelationshiptype": 3, "indexedartifacttype": 2, "indexedartifacttoscaelement": 1,
    "indexeddatatype": 3, "application": 3, "applicationversion": 4, "applicationenvironment": 5,
    "topology": 8, "topologytemplate": 1, "topologytemplateversion": 1, "deploymenttopology": 5,
    "deployedtopologies": 3, "deployment": 4, "locationresourcetemplate": 2,
    "metapropconfiguration": 1, "abstractmonitorevent": 1, "paasdeploymentstatusmonitorevent": 3,
    "paasinstancestatemonitorevent": 6, "paasmessagemonitorevent": 3,
    "paasinstancepersistentresourcemonitorevent": 1, "paasworkflowstepmonitorevent": 8,
    "paasworkflowmonitorevent": 2, "user": 2, "group": 1, "audittrace": 9,
}
# Must never be seen outside of what may hold it.
PASSWORD = "-".join(("CANARY", "alien", "7d21"))
ODD_NUMBERS = ("1.0", "1e400", "-0", "-0.0", "0.1000", "1E+2", "12345678901234567890",
               "-98765432109876543210", "1.7976931348623157e309", "100000000000000000000.5")
ODD_TEXTS = ("größe ✓ 𝔘𝔫𝔦", "a/b\\c \"d\"", "line\nline\ttab", "", "\u2028\u00a0", "</script>", "ﬁ ffi ÅÅ")
WORDS = ("ferry", "harbour", "pier", "quay", "lighthouse", "anchor", "buoy", "tide", "dock", "crane")
BORN = 1_462_060_800_000  # May 2016, milliseconds since 1970
# Stand-ins for what json cannot write, replaced in its text: a number's form, a key used before.
NUMBER = re.compile(r'"\\u0001([^"\\]+)"')


class Plugin:
    def __init__(self, rng, identifier, name, version, bean, enabled=True, ui=True):
        self.identifier, self.name, self.version, self.bean = identifier, name, version, bean
        self.enabled, self.ui = enabled, ui
        self.path_id = new_id(rng)
        self.id = f"{identifier}:{version}"


def new_id(rng):
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def number(text):
    """A number that is written as it stands here."""
    return "\1" + text


def encode(document, n):
    """The document as text of one line, in one of the forms in which JSON can be written."""
    style = n % 7  # not in step with what the makers below do every fourth time
    if style == 1:
        document = reversed_keys(document)
    text = json.dumps(document, ensure_ascii=style == 2,
                      separators=(", ", " : ") if style == 3 else (",", ":"))
    if style == 4:
        text = text.replace("/", "\\/")
    if "\\u0001" in text or "\\u0002" in text:
        text = NUMBER.sub(r"\1", text).replace("\\u0002", "")
    return text


def reversed_keys(value):
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(one) for one in value] if isinstance(value, list) else value


class Documents:
    """`number`: how many in all, at least 400. `double_keys`: also sources with the same key twice,
    which a server from 6.0 on refuses."""

    def __init__(self, number=2000, seed=1, double_keys=True):
        if number < 400:
            raise ValueError("an installation has at least 400 documents")
        self.number, self.seed, self.double_keys = number, seed, double_keys
        rng = random.Random(seed)
        files = min(max(number // 100, 4), 300)
        self.csars = [(f"{WORDS[i % len(WORDS)]}-types-{i}", f"1.{i % 4}.0{'-SNAPSHOT' * (i % 5 == 4)}")
                      for i in range(files)]
        self.images = [new_id(rng) for _ in range(min(files, 200))]
        self.artifacts = [new_id(rng) for _ in range(files)]
        self.plugins = [
            Plugin(rng, "alien-cloudify-3-orchestrator", "Cloudify 3 orchestrator", "1.1.0",
                   "cloudify-orchestrator"),
            Plugin(rng, "ferry-mock-orchestrator", "Mock orchestrator", "1.1.0", "mock-orchestrator",
                   ui=False),
            Plugin(rng, "harbour-dashboard", "Harbour dashboard", "2.3.0-SNAPSHOT", "dashboard"),
            Plugin(rng, "tide-policies", "Tide policies", "0.9.1", "policies", enabled=False),
        ]
        self.orchestrators = [(new_id(rng), "Cloudify production", self.plugins[0], "CONNECTED"),
                              (new_id(rng), "Größerer Test", self.plugins[1], "DISABLED")]
        self.locations = [(new_id(rng), f"location {i}", self.orchestrators[i % 2][0])
                          for i in range(3)]
        self.fixed = {"csar": self.csars, "csargitrepository": WORDS[:3], "plugin": self.plugins,
                      "pluginconfiguration": self.plugins[:2], "orchestrator": self.orchestrators,
                      "orchestratorconfiguration": self.orchestrators, "location": self.locations,
                      "imagedata": [prefix + image for image in self.images for prefix in
                                    ("", "QUALITY_16", "QUALITY_32", "QUALITY_64", "QUALITY_128")],
                      "auditconfiguration": ["singleton"]}
        self.counts = self.shared_out()

    def shared_out(self):
        """How many documents each (index, type) has."""
        left = self.number - sum(map(len, self.fixed.values()))
        total = sum(SHARES.values())
        counts = {}
        for index, types in INDICES.items():
            for kind in types:
                key = index if index == "deployedtopologies" else kind
                counts[index, kind] = len(self.fixed[key]) if key in self.fixed else \
                    max(1, left * SHARES[key] // total)
        counts["alienaudit", "audittrace"] += self.number - sum(counts.values())
        return counts

    def __iter__(self):
        """(index, type, id, source as text) of each."""
        for (index, kind), count in self.counts.items():
            rng = random.Random(f"{self.seed}/{index}/{kind}")
            make = getattr(self, "make_" + self.form(kind))
            given = self.fixed.get(kind)
            for n in range(count):
                identifier, document = make(rng, n, given[n] if given else kind)
                yield index, kind, identifier, encode(document, n)

    @staticmethod
    def form(kind):
        if kind.endswith("event"):
            return "event"
        return "element" if kind.startswith("indexed") else kind

    # Parts of documents.

    def odd(self, rng, n):
        """A value that has to come back as it was."""
        pick = n % 6
        if pick < 3:
            return number(ODD_NUMBERS[rng.randrange(len(ODD_NUMBERS))])
        if pick == 3:
            return ODD_TEXTS[rng.randrange(len(ODD_TEXTS))]
        return [None, number("1.0"), {}, []] if pick == 4 else {"z": True, "a": number("1e400"), "": 0}

    def properties(self, rng, n):
        found = {"port": {"value": str(8000 + n % 1000), "definition": False},
                 "zones": {"value": ["east", WORDS[n % 10]], "definition": False}}
        if n % 4 == 0:
            found[ODD_TEXTS[0]] = {"value": self.odd(rng, n // 4)}
        if n % 16 == 0 and self.double_keys:
            found["port\2"] = {"value": number("1.0")}
        return found

    def artifact(self, rng):
        name, version = rng.choice(self.csars)
        return {"artifactType": "tosca.artifacts.File", "artifactName": "app.war",
                "artifactRef": rng.choice(self.artifacts), "artifactRepository": "alien_topology",
                "archiveName": name, "archiveVersion": version}

    def node(self, rng, n):
        """A node template in the form of 1.1.0: maps, where 1.2.0 wants arrays of key and value."""
        word, other = WORDS[n % 10], WORDS[(n + 1) % 10]
        relationship = {
            "type": "tosca.relationships.HostedOn", "target": other, "requirementName": "host",
            "requirementType": "tosca.capabilities.Container", "targetedCapabilityName": "host",
            "properties": self.properties(rng, n + 1)}
        if n % 3 == 0:
            relationship["artifacts"] = {"keys": self.artifact(rng)}
        node = {
            "name": word, "type": f"{word}.nodes.Engine", "properties": self.properties(rng, n),
            "attributes": {"ip_address": {"function": "get_attribute", "parameters": ["SELF", "ip"]}},
            "requirements": {"host": {"type": "tosca.capabilities.Container", "properties": None},
                             "network": {"type": "tosca.capabilities.Connectivity"}},
            "relationships": {f"hostedOn{other.capitalize()}": relationship},
            "capabilities": {"host": {"type": "tosca.capabilities.Container",
                                      "properties": self.properties(rng, n + 2)},
                             "endpoint": {"type": "tosca.capabilities.Endpoint"}},
            "artifacts": {"war": self.artifact(rng)}, "groups": ["scaled"] if n % 5 == 0 else None}
        if n % 7 == 1:
            node |= {"relationships": {}, "artifacts": None}
        elif n % 7 == 2:
            del node["relationships"], node["artifacts"]
        return node

    def definitions(self, rng, n):
        return {f"{WORDS[(n + i) % 10]}_size": {
            "type": "integer", "required": i == 0, "password": False, "description": ODD_TEXTS[0],
            "default": {"value": self.odd(rng, n + i)} if i else None,
            "constraints": [{"greaterOrEqual": "1"}]} for i in range(2)}

    # Documents by type, each with its id.

    def make_element(self, rng, n, kind):
        name, version = self.csars[n % len(self.csars)]
        element = f"{name.split('-')[0]}.{kind[7:-4] or 'base'}.E{n}"
        document = {
            "id": f"{element}:{version}", "elementId": element, "archiveName": name,
            "archiveVersion": version, "isHighestVersion": n % 5 > 0, "creationDate": BORN + n,
            "lastUpdateDate": BORN + 2 * n, "description": f"Part {n} of the {WORDS[n % 10]}.",
            "tags": [{"name": "icon", "value": self.images[n % len(self.images)]}],
            "alienScore": 1000 + n}
        if kind == "indexedtoscaelement":
            return document["id"], document
        document |= {"abstract": n % 9 == 0, "derivedFrom": ["tosca.Root"],
                     "properties": self.definitions(rng, n)}
        if kind in ("indexednodetype", "indexedrelationshiptype", "indexedartifacttoscaelement"):
            document |= {
                "attributes": {"ip_address": {"type": "string"}},
                "artifacts": {"scripts": {"artifactRef": "scripts/start.sh",
                                          "artifactType": "tosca.artifacts.ShellScript"}},
                "interfaces": {"tosca.interfaces.node.lifecycle.Standard": {"operations": {"start": {
                    "implementationArtifact": {"artifactRef": "scripts/start.sh"}}}}}}
        if kind == "indexednodetype":
            document |= {
                "capabilities": [{"id": "host", "type": "tosca.capabilities.Container"}],
                "requirements": [{"id": "network", "type": "tosca.capabilities.Connectivity",
                                  "lowerBound": 0, "upperBound": 1}],
                "defaultCapabilities": ["tosca.capabilities.Node"], "elementIndex": n}
        elif kind == "indexedrelationshiptype":
            document |= {"validSources": ["tosca.nodes.Root"], "validTargets": []}
        elif kind == "indexedartifacttype":
            document |= {"mimeType": "application/x-sh", "fileExt": ["sh", "bash"]}
        return document["id"], document

    def make_csar(self, rng, n, given):
        name, version = given
        return f"{name}:{version}", {
            "id": f"{name}:{version}", "name": name, "version": version,
            "toscaDefinitionsVersion": "tosca_simple_yaml_1_0_0_wd03", "templateAuthor": "Harbour",
            "description": f"Types of the {name}.", "license": None,
            "dependencies": [{"name": "tosca-normative-types", "version": "1.0.0.wd06"}]}

    def make_csargitrepository(self, rng, n, word):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "repositoryUrl": f"https://git.example.test/{word}.git",
            "username": "ferry", "password": PASSWORD, "storedLocally": True,
            "importLocations": [{"branchId": "master", "subPath": "types", "lastImportedHash": None}]}

    def make_plugin(self, rng, n, plugin):
        return plugin.id, {
            "id": plugin.id, "pluginPathId": plugin.path_id, "enabled": plugin.enabled,
            "configurable": n < 2, "descriptor": {
                "id": plugin.identifier, "name": plugin.name, "version": plugin.version,
                "description": f"{plugin.name}, invented.", "configurationClass": "x.Configuration",
                "componentDescriptors": [{"beanName": plugin.bean, "name": plugin.name}],
                "dependencies": [], "uiEntryPoint": "entry.js" if plugin.ui else None}}

    def make_pluginconfiguration(self, rng, n, plugin):
        return plugin.id, {"id": plugin.id, "configuration": {
            "url": "https://cloud.example.test", "retries": n, "password": PASSWORD}}

    def make_orchestrator(self, rng, n, given):
        identifier, name, plugin, state = given
        return identifier, {
            "id": identifier, "name": name, "pluginId": plugin.id, "pluginBean": plugin.bean,
            "state": state, "deploymentNamePattern": "(environment.name + application.name)",
            "authorizedUsers": {"admin": ["DEPLOYER"]}, "authorizedGroups": {}}

    def make_orchestratorconfiguration(self, rng, n, given):
        return given[0], {"id": given[0], "configuration": {
            "url": f"http://cloudify{n}.example.test", "userName": "admin", "password": PASSWORD,
            "disableSSLVerification": False, "locations": {
                "amazon": {"imports": ["http://www.example.test/types.yaml"], "dsl": "cloudify_dsl_1_2"},
                "openstack": {"imports": [], "dsl": "cloudify_dsl_1_2"},
                "byon": {"imports": [], "dsl": "cloudify_dsl_1_2"}}}}

    def make_location(self, rng, n, given):
        identifier, name, orchestrator = given
        return identifier, {
            "id": identifier, "name": name, "orchestratorId": orchestrator,
            "infrastructureType": ("amazon", "openstack", "byon")[n], "environmentType": "test",
            "creationDate": BORN, "lastUpdateDate": BORN + n, "dependencies": []}

    def make_locationresourcetemplate(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "name": f"{WORDS[n % 10]} {n}", "enabled": True, "generated": n % 2 == 0,
            "locationId": self.locations[n % 3][0], "types": ["tosca.nodes.Compute"],
            "service": False, "template": self.node(rng, n)}

    def make_metapropconfiguration(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "name": f"Cost centre {n}", "target": "application", "type": "string",
            "required": False, "password": False, "default": str(n), "constraints": []}

    def make_imagedata(self, rng, n, identifier):
        return identifier, {"id": identifier, "mime": "image/png"}

    def make_application(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "name": f"{WORDS[n % 10]} service {n}", "creationDate": BORN + n,
            "description": f"Sells tickets, {ODD_TEXTS[n % len(ODD_TEXTS)]}",
            "imageId": self.images[n % len(self.images)], "tags": [], "metaProperties": {},
            "userRoles": {"admin": ["APPLICATION_MANAGER"]}, "groupRoles": {}}

    def make_applicationversion(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "version": f"0.{n}.0-SNAPSHOT", "applicationId": new_id(rng),
            "released": False, "latest": n % 2 == 0, "isSnapshot": True, "topologyId": new_id(rng)}

    def make_applicationenvironment(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "name": f"Environment {n}", "applicationId": new_id(rng),
            "currentVersionId": new_id(rng), "environmentType": ("OTHER", "PRODUCTION")[n % 2],
            "userRoles": {}, "groupRoles": {}}

    def make_topology(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "delegateId": new_id(rng), "delegateType": "application",
            "dependencies": [{"name": name, "version": version}
                             for name, version in self.csars[n % 3:n % 3 + 2]],
            "nodeTemplates": [{"key": WORDS[(n + i) % 10], "value": self.node(rng, n + i)}
                              for i in range(1 + n % 2)],
            "inputs": {"port": {"type": "integer", "required": True}},
            "outputProperties": {WORDS[n % 10]: ["port"]}, "outputAttributes": {},
            "groups": {}, "substitutionMapping": None,
            "workflows": {"install": {"name": "install", "standard": True, "steps": {}}}}

    def make_deploymenttopology(self, rng, n, _):
        identifier, document = self.make_topology(rng, n, _)
        document |= {
            "versionId": new_id(rng), "environmentId": new_id(rng), "deployed": n % 2 == 0,
            "initialTopologyId": new_id(rng), "orchestratorId": self.orchestrators[0][0],
            "locationGroups": {"_A4C_ALL": {"members": [], "policies": [
                {"type": "LocationPlacementPolicy", "locationId": self.locations[0][0]}]}},
            "substitutedNodes": {WORDS[n % 10]: new_id(rng)},
            "originalNodes": {WORDS[n % 10]: self.node(rng, n + 3)},
            "providerDeploymentProperties": {}, "inputProperties": {}, "inputArtifacts": {}}
        return identifier, document

    def make_topologytemplate(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {"id": identifier, "name": f"Template {n}", "description": None,
                            "topologyId": new_id(rng)}

    def make_topologytemplateversion(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {"id": identifier, "version": f"0.{n}.0", "released": n % 3 == 0,
                            "topologyTemplateId": new_id(rng), "topologyId": new_id(rng)}

    def make_deployment(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "sourceType": "APPLICATION", "sourceId": new_id(rng),
            "sourceName": f"{WORDS[n % 10]} service", "orchestratorId": self.orchestrators[0][0],
            "orchestratorDeploymentId": f"env{n}", "locationIds": [self.locations[0][0]],
            "environmentId": new_id(rng), "versionId": new_id(rng), "startDate": BORN + n,
            "endDate": None if n % 3 else BORN + n + 60_000}

    def make_event(self, rng, n, kind):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "deploymentId": new_id(rng), "orchestratorId": self.orchestrators[0][0],
            "date": BORN + 1000 * n, "instanceId": str(n % 4), "nodeTemplateId": WORDS[n % 10],
            "message": f"{kind} {n}", "instanceState": "started", "instanceStatus": "SUCCESS",
            "workflowId": "install", "stepId": f"step{n % 20}"}

    def make_audittrace(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {
            "id": identifier, "timestamp": BORN + 500 * n, "method": "POST",
            "path": f"/rest/v1/applications/{n}", "category": "Application", "action": "create",
            "userName": "admin", "userFirstName": "Ada", "userLastName": "Ferry",
            "userEmail": "ada@example.test", "sourceIp": "192.0.2.7", "responseStatus": 200,
            "requestParameters": {}, "requestBody": "{\"name\": \"ferry\"}"}

    def make_auditconfiguration(self, rng, n, identifier):
        return identifier, {"id": identifier, "enabled": True, "auditedMethods": [
            {"path": f"/rest/v1/{word}s", "method": method, "enabled": method != "GET"}
            for word in WORDS for method in ("GET", "POST", "DELETE")]}

    def make_user(self, rng, n, _):
        name = "admin" if n == 0 else f"{WORDS[n % 10]}{n}"
        return name, {
            "username": name, "firstName": "Ada", "lastName": WORDS[n % 10].capitalize(),
            "email": f"{name}@example.test", "roles": ["ADMIN"] if n == 0 else ["COMPONENTS_BROWSER"],
            "password": f"$2a$10${rng.getrandbits(184):046x}", "groups": [], "internalDirectory": True,
            "accountNonExpired": True, "accountNonLocked": True, "enabled": True}

    def make_group(self, rng, n, _):
        identifier = new_id(rng)
        return identifier, {"id": identifier, "name": f"crew {n}", "email": None, "roles": [],
                            "users": ["admin"], "description": None}
