import pytest

from trainer.telemetry.host_metrics import parse_gpus, process_values


def test_this_process_has_some_memory() -> None:
    assert 0.01 < process_values()["system/cpu.rss_gb"] < 100


def test_the_lines_of_nvidia_smi() -> None:
    answer = "0, 1024, 97, 61\n1, 24576, [N/A], 40\n"
    values = parse_gpus(answer)
    assert values["system/gpu.0.memory_gb"] == pytest.approx(1.073741824)
    assert values["system/gpu.0.utilization"] == 0.97
    assert values["system/gpu.0.temperature_c"] == 61
    assert values.keys() >= {"system/gpu.1.memory_gb", "system/gpu.1.temperature_c"}
    assert "system/gpu.1.utilization" not in values


def test_no_answer() -> None:
    assert parse_gpus("") == {}
