"""A Docker Engine of the tests' own, of which nothing is left on the machine: see engine.sh."""

import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
FAKE_GPU = HERE / "fakegpu"


class Engine:
    """In the folder `work`, where also its images lie."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.gpu_log = work / "gpu.log"
        client = work / "root/usr/bin"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DOCKER_", "COMPOSE_"))},
            "PATH": f"{client}:{os.environ['PATH']}",
            "DOCKER_HOST": f"unix://{work}/docker.sock",
            "DOCKER_CONFIG": str(work / "client"),
        }

    def unpack(self) -> None:
        """Once for a folder."""
        if not (self.work / "root").is_dir():
            self._script("engine.sh", "unpack", str(self.work))

    def start(self, *, fake_gpu: bool = False) -> None:
        """`fake_gpu`: it finds what NVIDIA's toolkit puts there, so that a container may ask for GPUs."""
        self._script("engine.sh", "start", str(self.work), *([str(FAKE_GPU)] if fake_gpu else []))

    def stop(self) -> None:
        self._script("engine.sh", "stop", str(self.work))

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.work)

    def make_bases(self) -> None:
        """The images that ours begin with."""
        self._script("bases.sh", str(self.work), *map(str, sorted((HERE.parents[1] / "docker").glob("*.Dockerfile"))))

    def docker(self, *words: str, fails: bool = False) -> str:
        """What the command prints; on standard error too, where it is to fail."""
        done = subprocess.run(["docker", *words], env=self.environment, capture_output=True, text=True)
        assert (done.returncode != 0) == fails, f"docker {' '.join(words)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        return done.stdout + done.stderr if fails else done.stdout

    def compose(self, checkout: Path, *words: str, fails: bool = False) -> str:
        """`docker compose` in a checkout: what it prints, standard error too."""
        done = subprocess.run(
            ["docker", "compose", *words],
            cwd=checkout,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert (done.returncode != 0) == fails, f"docker compose {' '.join(words)}:\n{done.stdout[-6000:]}"
        return done.stdout

    def _script(self, name: str, *words: str) -> None:
        environment = {**os.environ, "FAKE_GPU_LOG": str(self.gpu_log)}
        done = subprocess.run([HERE / name, *words], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{name} {' '.join(words)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
