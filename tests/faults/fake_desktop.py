# SPDX-License-Identifier: GPL-3.0-or-later
"""The two services of a real desktop that a runner talks to, on a private bus: a user's systemd that
makes scopes, and logind that gives locks. Writes what it is asked, one JSON line each.

fake_desktop.py systemd|logind BUS_ADDRESS LOG [REFUSED]    REFUSED: `first`, or a mode
"""

import json
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

SYSTEMD = "org.freedesktop.systemd1"
LOGIND = "org.freedesktop.login1"


class Service(dbus.service.Object):
    def __init__(self, bus, place, log, refused):
        super().__init__(bus, place)
        self.log, self.refused = log, refused

    def note(self, **what):
        with open(self.log, "a") as log:
            log.write(json.dumps(what) + "\n")

    def refuse(self, name, text):
        raise dbus.exceptions.DBusException(text, name=name)


class Systemd(Service):
    @dbus.service.method(f"{SYSTEMD}.Manager", in_signature="ssa(sv)a(sa(sv))", out_signature="o")
    def StartTransientUnit(self, unit, mode, properties, beside):
        self.note(unit=unit, mode=mode, beside=len(beside),
                  **{str(k): list(map(int, v)) if k == "PIDs" else str(v) for k, v in properties})
        if self.refused == "first":
            self.refused = ""
            self.refuse(f"{SYSTEMD}.UnitExists", "it is there already")
        return dbus.ObjectPath("/org/freedesktop/systemd1/job/1")

    @dbus.service.method(f"{SYSTEMD}.Manager", in_signature="u", out_signature="o")
    def GetUnitByPID(self, pid):
        self.refuse(f"{SYSTEMD}.NoUnitForPID", "this one moves nobody")


class Logind(Service):
    @dbus.service.method(f"{LOGIND}.Manager", in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        if mode == self.refused:
            self.note(refused=mode)
            self.refuse("org.freedesktop.DBus.Error.AccessDenied", "not from there")
        ours, theirs = os.pipe()
        self.note(what=what, who=who, why=why, mode=mode)

        def closed(*_):
            os.close(ours)
            self.note(released=mode)
            return False
        GLib.io_add_watch(ours, GLib.IO_HUP, closed)
        lock = dbus.types.UnixFd(theirs)
        os.close(theirs)  # the answer has its own
        return lock


def main(kind, address, log, refused=""):
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.bus.BusConnection(address)
    name, place, service = {
        "systemd": (SYSTEMD, "/org/freedesktop/systemd1", Systemd),
        "logind": (LOGIND, "/org/freedesktop/login1", Logind)}[kind]
    kept = service(bus, place, log, refused), dbus.service.BusName(name, bus)
    open(log, "a").close()
    GLib.MainLoop().run()
    del kept


if __name__ == "__main__":
    main(*sys.argv[1:])
