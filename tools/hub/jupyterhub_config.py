"""The settings of a class's hub.  Its students are users of this computer, in the group `students`; TEACHING.md says how it is run."""
from pathlib import Path

BOOK = Path(__file__).resolve().parents[2]

c = get_config()  # noqa: F821 (JupyterHub brings it)
c.JupyterHub.bind_url = "http://127.0.0.1:8000"                  # passwords pass here: for other computers with a certificate
c.JupyterHub.authenticator_class = "pam"                         # the computer's own users and passwords
c.LocalAuthenticator.allowed_groups = {"students"}
c.JupyterHub.spawner_class = "localprocess"                      # each server runs as its student, so that the system keeps files apart
c.Spawner.cmd = [str(BOOK / ".venv" / "bin" / "python"), str(BOOK / "tools" / "student.py")]
c.Spawner.notebook_dir = "~/attention"
c.Spawner.default_url = "/lab/tree/work/00_start_here.ipynb"
c.Spawner.http_timeout = 120                                     # a class starts all at once
c.Spawner.disable_user_config = True
c.Spawner.args = ["--MappingKernelManager.cull_idle_timeout=7200", "--ServerApp.shutdown_no_activity_timeout=7200"]     # give memory back
c.ConfigurableHTTPProxy.command = [str(BOOK / ".hub" / "node_modules" / ".bin" / "configurable-http-proxy")]
