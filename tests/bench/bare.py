#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""bare - the bench of a lab made by hand: QEMU, ip and Open vSwitch, nothing of ovslab's

	tests/bench/bare.py spec LAB >SPEC	what the VMs of a running lab are
	tests/bench/bare.py run SPEC		the same VMs and wires by bare commands

'spec' asks libvirt; files that go with the lab are copied to the present folder.
'run' must be in a network namespace of its own (unshare --net). It does what 'up'
promises, by the shortest way: taps, bridges, QEMU, agents answer, the switch runs,
each node reaches the other. A line on stdout has the seconds that this took. Then
for each line on stdin one has the throughput of 40 connections of 1 MiB, in Mb/s.
"""
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

OVS = "/run/openvswitch"
ENV = ["PATH=/ovslab:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"] + \
      [f"OVS_{name}={OVS}" for name in ("RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR")]
LIMIT_S = 120


# ---- what a lab's VMs are ---------------------------------------------------------

def of_domain(lab, name):
    xml = subprocess.run(["virsh", "-q", "dumpxml", name], check=True, capture_output=True,
                         env=dict(os.environ, **lab["variables"])).stdout
    root = ElementTree.fromstring(xml)
    initrd = root.findtext("os/initrd")
    copy = os.path.join(os.getcwd(), os.path.basename(initrd))
    shutil.copy(initrd, copy)
    return {
        "name": name, "kernel": root.findtext("os/kernel"), "initrd": copy,
        "cmdline": root.findtext("os/cmdline"), "cpus": root.findtext("vcpu"),
        "mib": int(root.findtext("memory")) // 1024,
        "nics": [{"mac": nic.find("mac").get("address"), "tap": nic.find("target").get("dev"),
                  "bridge": nic.find("source").get("bridge")}
                 for nic in root.findall("devices/interface")],
    }


def spec(ovslab, lab):
    said = {what: json.loads(subprocess.run([ovslab, "-n", lab, what, "--json"], check=True,
                                            capture_output=True).stdout)
            for what in ("env", "inspect")}
    nodes = [of_domain(said["env"], node["name"]) for node in said["inspect"]["nodes"]]
    print(json.dumps({"nodes": nodes, "wires": said["inspect"]["wires"],
                      "addrs": [n["addr"] for n in said["inspect"]["nodes"] if n["addr"]]}))


# ---- a guest's agent ----------------------------------------------------------------

class Agent:
    def __init__(self, path):
        self.end = time.monotonic() + LIMIT_S
        self.sock = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.sock.connect(path)
                break
            except OSError:
                if time.monotonic() > self.end:
                    raise
                time.sleep(0.01)
        self.sock.settimeout(LIMIT_S)
        self.file = self.sock.makefile("rb")
        self.sock.sendall(b'\xff{"execute":"guest-sync-delimited","arguments":{"id":7}}\n')
        while b'"return": 7' not in self.file.readline():
            pass

    def ask(self, command, **arguments):
        self.sock.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        answer = json.loads(self.file.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["return"]

    def start(self, *argv):
        return self.ask("guest-exec", **{"path": argv[0], "arg": argv[1:], "env": ENV,
                                         "capture-output": True})["pid"]

    def finish(self, pid):
        while True:
            status = self.ask("guest-exec-status", pid=pid)
            if status["exited"]:
                break
            time.sleep(0.01)
        out = base64.b64decode(status.get("out-data", "")).decode()
        if status.get("exitcode") != 0:
            raise RuntimeError(out + base64.b64decode(status.get("err-data", "")).decode())
        return out

    def run(self, *argv):
        return self.finish(self.start(*argv))


# ---- the bench ------------------------------------------------------------------------

def ip(*words):
    subprocess.run(["ip", *words], check=True)


def make_wires(nodes):
    for bridge in sorted({nic["bridge"] for node in nodes for nic in node["nics"]}):
        ip("link", "add", "name", bridge, "up", "type", "bridge", "stp_state", "0",
           "forward_delay", "0", "mcast_snooping", "0")
    for node in nodes:
        for nic in node["nics"]:
            ip("tuntap", "add", "dev", nic["tap"], "mode", "tap", "vnet_hdr")
            ip("link", "set", nic["tap"], "up", "master", nic["bridge"])


def qemu(node, work):
    argv = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "max",
            "-m", str(node["mib"]), "-smp", node["cpus"], "-nodefaults", "-display", "none",
            "-no-reboot", "-serial", f"file:{work}/{node['name']}.console",
            "-kernel", node["kernel"], "-initrd", node["initrd"], "-append", node["cmdline"],
            "-device", "virtio-serial",
            "-chardev", f"socket,path={work}/{node['name']}.agent,server=on,wait=off,id=agent",
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"]
    for i, nic in enumerate(node["nics"]):
        argv += ["-netdev", f"tap,id=n{i},ifname={nic['tap']},script=no,downscript=no",
                 "-device", f"virtio-net-pci,netdev=n{i},mac={nic['mac']}"]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL)


def start_switch(agent, wires):
    ports = [f"{w['port']}={w['mac']}" for w in wires]
    agent.run("/ovslab/switch", "start", "kernel", "--", *ports)
    argv = ["ovs-vsctl", "add-br", "br0"]
    for w in wires:
        argv += ["--", "add-port", "br0", w["port"], "--", "set", "Interface", w["port"],
                 f"ofport_request={w['ofport']}"]
    agent.run(*argv)


def throughput(agents, addrs):
    agents["vm2"].run("ovslab-guest", "serve", "--port", "9000", "--daemon")
    sent = agents["vm1"].run("ovslab-guest", "conns", "--connect", f"{addrs[1]}:9000",
                             "--connections", "40", "--bytes", "1048576", "--parallel", "1")
    agents["vm2"].run("ovslab-guest", "stop", "--port", "9000")
    return json.loads(sent)["throughput_bps"] / 1e6


def bench(what, work):
    started = time.monotonic()
    make_wires(what["nodes"])
    vms = [qemu(node, work) for node in what["nodes"]]
    try:
        agents = {"sw": Agent(f"{work}/sw.agent")}
        start_switch(agents["sw"], what["wires"])
        agents.update({n: Agent(f"{work}/{n}.agent") for n in ("vm1", "vm2")})
        pings = [(agents[a], agents[a].start("ping", "-c", "1", "-i", "0.2", "-w", "10", to))
                 for a, to in (("vm1", what["addrs"][1]), ("vm2", what["addrs"][0]))]
        for agent, pid in pings:
            agent.finish(pid)
        print(f"{time.monotonic() - started:.3f}", flush=True)
        for _ in sys.stdin:
            print(f"{throughput(agents, what['addrs']):.3f}", flush=True)
    finally:
        for vm in vms:
            vm.send_signal(signal.SIGKILL)
            vm.wait()


def main(argv):
    if len(argv) == 3 and argv[1] == "spec":
        spec(os.environ["OVSLAB"], argv[2])
    elif len(argv) == 3 and argv[1] == "run":
        with open(argv[2], encoding="utf-8") as f:
            what = json.load(f)
        with tempfile.TemporaryDirectory(prefix="bare.") as work:
            bench(what, work)
    else:
        sys.exit(__doc__)


main(sys.argv)
