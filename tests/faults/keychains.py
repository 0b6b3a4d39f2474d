# SPDX-License-Identifier: GPL-3.0-or-later
"""Real keychains for a home: gnome-keyring or KDE's wallet, on a session bus of its own."""

import shutil
import subprocess

from lifeboat import Skip, until


class Keyring:
    """A private session bus, with a real gnome-keyring on it where one is wanted."""

    def __init__(self, home, state="open"):
        for program in ("dbus-daemon", "gnome-keyring-daemon"):
            if not shutil.which(program):
                raise Skip(f"{program} is not installed")
        config = home.path / "bus.conf"
        config.write_text(
            '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" '
            '"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">'
            f"<busconfig><type>session</type><listen>unix:path={home.runtime}/bus</listen>"
            '<auth>EXTERNAL</auth><policy context="default"><allow send_destination="*"/>'
            '<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>')
        self.bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork"],
            env=home.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        home.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={home.runtime}/bus"
        until(lambda: (home.runtime / "bus").exists(), 10, "the session bus")
        self.home, self.daemon = home, None
        if state != "none":
            self.start(locked=state == "locked")

    def start(self, locked):
        self.daemon = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--components=secrets"] +
            (["--start"] if locked else ["--unlock"]), env=self.home.environment,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.daemon.stdin.write(b"" if locked else b"test-pass")
        self.daemon.stdin.close()
        until(self.answers, 10, "the keyring")

    def ask(self, service, path, *words):
        return subprocess.run(
            ["dbus-send", "--session", "--print-reply", f"--dest={service}", path, *words],
            env=self.home.environment, capture_output=True, text=True).stdout

    def answers(self, name="org.freedesktop.secrets"):
        return "boolean true" in self.ask("org.freedesktop.DBus", "/",
                                          "org.freedesktop.DBus.NameHasOwner", f"string:{name}")

    def stop(self):
        self.daemon.kill()
        self.daemon.wait()


class Wallet(Keyring):
    """KDE's wallet instead, on the same kind of bus. `closed`: it must ask for its password."""

    def __init__(self, home, state="open"):
        if not shutil.which("kwalletd5"):
            raise Skip("kwalletd5 is not installed")
        super().__init__(home, "none")
        home.environment.update(XDG_CURRENT_DESKTOP="KDE", KDE_SESSION_VERSION="5",
                                KDE_FULL_SESSION="true", QT_QPA_PLATFORM="offscreen")
        settings = home.path / "config/kwalletrc"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text("[Wallet]\nFirst Use=false\nEnabled=true\nPrompt on Open=false\n"
                            "Launch Manager=false\nDefault Wallet=kdewallet\n" +
                            ("[Auto Deny]\nkdewallet=lifeboat\n" if state == "denied" else ""))
        self.start(locked=state == "closed")

    def start(self, locked):
        name = "org.kde.kwalletd5"
        self.daemon = subprocess.Popen(["kwalletd5"], env=self.home.environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.answers(name), 10, "the wallet")
        if not locked:
            # As signing in does it: with the hash of the password, 56 bytes.
            self.ask(name, "/modules/kwalletd5", "org.kde.KWallet.pamOpen", "string:kdewallet",
                     "array:byte:" + ",".join(["7"] * 56), "int32:0")
            until(lambda: "boolean true" in self.ask(
                name, "/modules/kwalletd5", "org.kde.KWallet.isOpen", "string:kdewallet"), 10,
                "the wallet to open")
