#!/usr/bin/env python3
"""What kubectl and the kubelet make of manifests, without a cluster.

usage: kubernetes.py validate DIR SCHEMAS ...
       kubernetes.py sense DIR
       kubernetes.py pod DIR WORKLOAD ORDINAL OUT SECRETS [JSON]
       kubernetes.py rotate DIR WORKLOAD ORDINAL OUT SECRETS

validate: each object against each file of strict schemas.
sense: what no schema says: names that are referred to, rights, graces.
pod: writes below OUT what the kubelet would run for a pod of the workload:
	hostname, directory, uid, gid, fsgroup, grace	a value each
	argv, env, startup, liveness, readiness		words for sh
	mounts		SOURCE PATH ro|rw a line, SOURCE below OUT
	volumes/NAME	what is mounted; a ConfigMap with the links and the
			modes it has in a pod
	memory/NAME	a Secret the same; `memory' may be a link to a tmpfs
    A Secret's keys are the files of SECRETS/NAME.  JSON is merged into the
    config.yml of the ConfigMap lavavisord.
rotate: the Secrets have changed since; puts them in place in that pod.
"""

import glob
import json
import os
import re
import shlex
import shutil
import sys
import tempfile

import yaml

WORKLOADS = ("StatefulSet", "Deployment")
# lavap takes no shorter passphrase.
SHORTEST = 8


def objects(directory):
    for path in sorted(glob.glob(os.path.join(directory, "*.yaml"))):
        if os.path.basename(path) == "kustomization.yaml":
            continue
        with open(path) as f:
            for o in yaml.safe_load_all(f):
                yield os.path.basename(path), o


def name_of(o):
    return "%s %s" % (o["kind"], o["metadata"]["name"])


def validate(directory, schemas):
    import jsonschema
    bad = 0
    for schema in schemas:
        with open(schema) as f:
            s = json.load(f)
        for path, o in objects(directory):
            s["$ref"] = "#/definitions/" + s["kinds"][o["kind"]]
            v = jsonschema.Draft202012Validator(s)
            for e in v.iter_errors(o):
                bad += 1
                print("%s: %s: %s: %s: %s" % (
                    os.path.basename(schema), path, name_of(o),
                    ".".join(map(str, e.path)), e.message[:200]))
    return bad != 0


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(s|m)", text).groups()
    return int(number) * (60 if unit == "m" else 1)


class Sense:
    def __init__(self, directory):
        self.bad = 0
        self.files = list(objects(directory))
        self.objects = [o for _, o in self.files]
        with open(os.path.join(directory, "kustomization.yaml")) as f:
            self.kustomization = yaml.safe_load(f)
        with open(os.path.join(directory, "README.md")) as f:
            self.readme = f.read()

    def want(self, true, *what):
        if not true:
            self.bad += 1
            print(": ".join(what))

    def named(self, kind, name):
        return [o for o in self.objects if o["kind"] == kind and
                o["metadata"]["name"] == name]

    def check(self):
        secret = {p for p, o in self.files if o["kind"] == "Secret"}
        self.want({p for p, _ in self.files} - secret ==
                  set(self.kustomization["resources"]),
                  "kustomization.yaml", "it has not all files but Secrets")
        for o in self.objects:
            if o["kind"] in WORKLOADS:
                self.workload(o)
            if o["kind"] == "Secret":
                self.want("data" not in o and all(
                    len(v) < SHORTEST for v in o["stringData"].values()),
                          name_of(o), "it may be a real one")
        return self.bad != 0

    def workload(self, o):
        me = name_of(o)
        spec = o["spec"]["template"]["spec"]
        labels = o["spec"]["template"]["metadata"]["labels"]
        self.want(o["spec"]["selector"]["matchLabels"].items() <=
                  labels.items(), me, "the selector selects other pods")
        for kind in ("Service", "PodDisruptionBudget"):
            for other in self.named(kind, o["metadata"]["name"]) or [None]:
                self.want(other is not None, me, "has no " + kind)
                s = other["spec"]["selector"]
                self.want(s.get("matchLabels", s).items() <= labels.items(),
                          me, kind + " selects other pods")
        if o["kind"] == "StatefulSet":
            self.want(self.named("Service", o["spec"]["serviceName"]), me,
                      "serviceName")
            configs = self.named("ConfigMap", o["metadata"]["name"])[0]
            want = {"%s-%d.yml" % (o["metadata"]["name"], i)
                    for i in range(o["spec"]["replicas"])}
            self.want(want == set(configs["data"]), me,
                      "not one config for each replica")
        self.rights(me, spec)
        self.volumes(me, o, spec)
        container, = spec["containers"]
        grace, = [a.split("=")[1] for a in container["args"]
                  if a.startswith("--stop-grace=")]
        self.want(spec["terminationGracePeriodSeconds"] >=
                  seconds(grace) + 20, me, "the pod's grace is too short")
        ports = {p["name"] for p in container["ports"]}
        for s in self.named("Service", o["metadata"]["name"]):
            self.want({p["targetPort"] for p in s["spec"]["ports"]} <= ports,
                      me, "a port of its Service is not there")
        for image in self.kustomization["images"]:
            self.want(container["image"].split(":")[0] == image["name"], me,
                      "its image is not that of kustomization.yaml")

    def rights(self, me, spec):
        pod = spec["securityContext"]
        self.want(pod["runAsNonRoot"] is True and pod["runAsUser"] > 0 and
                  pod["runAsGroup"] > 0 and pod["fsGroup"] > 0, me, "root")
        self.want(pod["seccompProfile"] == {"type": "RuntimeDefault"}, me,
                  "seccomp")
        self.want(spec["automountServiceAccountToken"] is False, me, "token")
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            self.want(key not in spec, me, key)
        for c in spec["containers"]:
            self.want(c["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]}}, me, "container's rights")

    def volumes(self, me, o, spec):
        container = spec["containers"][0]
        there = {v["name"] for v in spec["volumes"]}
        claims = o["spec"].get("volumeClaimTemplates", [])
        there |= {c["metadata"]["name"] for c in claims}
        mounts = container["volumeMounts"]
        self.want(there == {m["name"] for m in mounts}, me,
                  "volumes and mounts differ")
        self.want([m["name"] for m in mounts if not m.get("readOnly")] ==
                  ["data"], me, "more can be written to than data")
        if claims:
            # Else each start adds g+w to all that is in it.
            self.want(spec["securityContext"].get("fsGroupChangePolicy") ==
                      "OnRootMismatch", me, "fsGroupChangePolicy")
        for v in spec["volumes"]:
            if "configMap" in v:
                self.want(self.named("ConfigMap", v["configMap"]["name"]),
                          me, "no ConfigMap " + v["configMap"]["name"])
            if "secret" in v:
                self.want(v["secret"]["secretName"] in self.readme, me,
                          "README.md does not tell how to make " +
                          v["secret"]["secretName"])
                self.want(v["secret"]["defaultMode"] & 0o027 == 0, me,
                          "the Secret can be read by others")
                for s in self.named("Secret", v["secret"]["secretName"]):
                    self.want({i["key"] for i in v["secret"]["items"]} <=
                              s["stringData"].keys(), me,
                              "a key of its Secret is not there")
        self.passphrase(me, o, container, mounts)

    def passphrase(self, me, o, container, mounts):
        """It comes from a Secret, as does the keyring it is for."""
        at = {m["mountPath"]: m["name"] for m in mounts}
        secrets = {v["name"]: v["secret"] for v in
                   o["spec"]["template"]["spec"]["volumes"] if "secret" in v}
        path, = [a.split("=")[1] for a in container["args"]
                 if a.startswith("--passphrase-file=")]
        directory, file = os.path.split(path)
        secret = secrets.get(at.get(directory), {"items": []})
        self.want([i["path"] for i in secret["items"]] == [file], me,
                  "--passphrase-file is no file of a Secret alone")
        lavap = [a for a in container["args"] if a.startswith("--cmd=")][0]
        words = shlex.split(lavap)
        self.want(words[words.index("--keyring-backend") + 1] == "file", me,
                  "its keyring is not of the kind file")
        ring = words[words.index("--keyring-dir") + 1] + "/keyring-file"
        self.want(at.get(ring) in secrets, me, "its keyring is no Secret")


def put(out, name, lines):
    with open(os.path.join(out, name), "w") as f:
        f.writelines("%s\n" % x for x in lines)


def projected(path, data, mode, gid):
    """
    As the kubelet writes them, with all its links; again: a new directory, and
    the link to it is exchanged.
    """
    root = os.geteuid() == 0
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o3777 if root else 0o1777)
    new = tempfile.mkdtemp(prefix="..2026_11_28_", dir=path)
    os.chmod(new, 0o2755 if root else 0o755)
    for key, content in data.items():
        file = os.path.join(new, key)
        with open(file, "wb") as f:
            f.write(content)
        os.chmod(file, mode)
        if root:
            os.chown(file, 0, gid)
        if not os.path.islink(os.path.join(path, key)):
            os.symlink(os.path.join("..data", key), os.path.join(path, key))
    if root:
        os.chown(path, 0, gid)
        os.chown(new, 0, gid)
    link = os.path.join(path, "..data")
    old = os.path.realpath(link) if os.path.islink(link) else None
    os.symlink(os.path.basename(new), link + "_tmp")
    os.rename(link + "_tmp", link)
    if old is not None:
        shutil.rmtree(old)


def secret_data(directory, secret):
    """Those of its keys that are asked for, by the names they get."""
    data = {}
    for path in glob.glob(os.path.join(directory, secret["secretName"], "*")):
        with open(path, "rb") as f:
            data[os.path.basename(path)] = f.read()
    if "items" in secret:
        return {i["path"]: data[i["key"]] for i in secret["items"]}
    return data


def writable(path, gid):
    """A new volume: of root, and fsGroup may write there."""
    if os.path.isdir(path):
        return
    os.makedirs(path)
    if os.geteuid() == 0:
        os.chown(path, 0, gid)
        os.chmod(path, 0o2775)


def merge(into, more):
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def workload_of(all_objects, name):
    o, = [o for o in all_objects if o["kind"] in WORKLOADS and
          o["metadata"]["name"] == name]
    return o["spec"]["template"]["spec"]


def secrets_put(spec, out, secrets):
    for v in spec["volumes"]:
        if "secret" in v:
            projected(os.path.join(out, "memory", v["name"]),
                      secret_data(secrets, v["secret"]),
                      v["secret"]["defaultMode"],
                      spec["securityContext"]["fsGroup"])


def rotate(directory, workload, ordinal, out, secrets):
    secrets_put(workload_of([o for _, o in objects(directory)], workload),
                out, secrets)
    return 0


def pod(directory, workload, ordinal, out, secrets, patch):
    all_objects = [o for _, o in objects(directory)]
    configs = {o["metadata"]["name"]: o["data"] for o in all_objects
               if o["kind"] == "ConfigMap"}
    config = yaml.safe_load(configs["lavavisord"]["config.yml"])
    merge(config, patch)
    configs["lavavisord"]["config.yml"] = json.dumps(config, indent=1)
    spec = workload_of(all_objects, workload)
    container, = spec["containers"]
    security = spec["securityContext"]
    name = "%s-%s" % (workload, ordinal)

    env = {}
    for source in container.get("envFrom", []):
        env.update(configs[source["configMapRef"]["name"]])
    for e in container["env"]:
        if "valueFrom" in e:
            field = e["valueFrom"]["fieldRef"]["fieldPath"]
            env[e["name"]] = {"metadata.name": name}[field]
        else:
            env[e["name"]] = e["value"]

    def expand(words):
        """$(NAME), as the kubelet does; an unknown one would be left."""
        return [re.sub(r"\$\((\w+)\)", lambda m: env[m.group(1)], w)
                for w in words]

    os.makedirs(out, exist_ok=True)
    for file, value in (("hostname", name),
                        ("directory", container["workingDir"]),
                        ("uid", security["runAsUser"]),
                        ("gid", security["runAsGroup"]),
                        ("fsgroup", security["fsGroup"]),
                        ("grace", spec["terminationGracePeriodSeconds"])):
        put(out, file, [value])
    put(out, "argv", [shlex.join(expand(container["command"] +
                                        container["args"]))])
    put(out, "env", [shlex.join("%s=%s" % e for e in env.items())])
    for probe in ("startup", "liveness", "readiness"):
        put(out, probe, [shlex.join(
            container[probe + "Probe"]["exec"]["command"])])

    secrets_put(spec, out, secrets)
    volumes = {v["name"]: v for v in spec["volumes"]}
    mounts = []
    # What lies in another comes after it.
    for m in sorted(container["volumeMounts"], key=lambda m: m["mountPath"]):
        v = volumes.get(m["name"], {})
        source = os.path.join("memory" if "secret" in v else "volumes",
                              m["name"])
        path = os.path.join(out, source)
        if "configMap" in v:
            projected(path, {k: c.encode() for k, c in configs[
                v["configMap"]["name"]].items()}, 0o644, security["fsGroup"])
        elif "secret" not in v:
            writable(path, security["fsGroup"])
        mounts.append("%s %s %s" % (source, m["mountPath"],
                                    "ro" if m.get("readOnly") else "rw"))
    put(out, "mounts", mounts)
    return 0


def main():
    if sys.argv[1:2] == ["validate"] and len(sys.argv) > 3:
        return validate(sys.argv[2], sys.argv[3:])
    if sys.argv[1:2] == ["sense"] and len(sys.argv) == 3:
        return Sense(sys.argv[2]).check()
    if sys.argv[1:2] == ["pod"] and len(sys.argv) in (7, 8):
        return pod(*sys.argv[2:7],
                   json.loads(sys.argv[7]) if len(sys.argv) == 8 else {})
    if sys.argv[1:2] == ["rotate"] and len(sys.argv) == 7:
        return rotate(*sys.argv[2:])
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main())
