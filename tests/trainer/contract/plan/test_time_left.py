from trainer.contract.config import RunConfig
from trainer.contract.plan.time_left import SHOWN_STEPS, STEPS, Pace

CONFIG = RunConfig(dataset_base_path="/", eval_steps=50, save_steps=100, sample_steps=100, sample_prompts=())


def test_the_pace_is_the_median_of_the_last_gaps() -> None:
    pace = Pace()
    assert pace.seconds_per_step is None
    pace.add(0.0)
    assert pace.seconds_per_step is None
    for step in range(1, 200):
        pace.add(2.0 * step)
    pace.add(1000.0)
    assert pace.seconds_per_step == 2.0
    for step in range(SHOWN_STEPS + 1):
        pace.add(2000.0 + 3.0 * step)
    assert pace.seconds_per_step == 3.0


def test_a_clock_that_goes_back_is_no_gap() -> None:
    pace = Pace()
    pace.add(10.0, 11.0, 5.0, 6.0)
    assert pace.seconds_per_step == 1.0


def test_a_suspended_process_is_no_slow_step() -> None:
    pace = Pace()
    pace.add(*(float(step) for step in range(100)))
    pace.add(5000.0)
    assert pace.step_s == 1.0


def test_a_mix_of_short_and_long_steps_takes_their_mean() -> None:
    pace, now = Pace(), 0.0
    for step in range(400):
        now += 0.1 if step % 2 else 0.9
        pace.add(now)
    assert pace.step_s is not None
    assert abs(pace.step_s - 0.5) < 0.01


def test_the_first_steps_of_an_attempt_are_no_measure() -> None:
    pace = Pace()
    pace.add(0.0, 30.0, 60.0, 65.0, 66.0, 67.0)
    assert pace.step_s == 1.0


def test_a_new_attempt_goes_by_the_one_before_until_it_has_steps_of_its_own() -> None:
    pace = Pace()
    pace.add(*(float(step) for step in range(20)))
    pace.begin()
    pace.add(5000.0, 5060.0, 5070.0)
    assert pace.step_s == 1.0
    pace.add(*(5070.0 + 2.0 * step for step in range(1, 8)))
    assert pace.step_s == 2.0


def test_pauses_are_taken_out_of_steps_and_counted_as_often_as_they_come() -> None:
    pace, now = Pace(), 0.0
    for step in range(1, 101):
        now += 1.0
        pace.add(now)
        if step % 50 == 0:
            pace.phase(now, "eval", step)
            now += 20.0
            pace.phase(now, "train", step)
    assert pace.step_s == 1.0
    assert pace.cost_s("eval") == 20.0
    # 150, 200 and the end at 220; nothing was ever saved.
    assert pace.left_s(CONFIG, 100, 220) == 120.0 + 3 * 20.0
    assert pace.left_s(None, 100, 220) == 120.0


def test_what_is_stored_goes_on_as_before() -> None:
    pace, now, ends = Pace(), 0.0, []
    for step in range(1, 121):
        now += 1.0
        ends.append(now)
        pace.add(now)
        if step % 50 == 0:
            for kind in ("save", "eval"):
                pace.phase(now, kind, step)
                now += 20.0
                pace.phase(now, "train", step)
    again = Pace(pace.stored())
    again.add(*ends[-STEPS - 1 :])
    assert again.left_s(CONFIG, 120, 400) == pace.left_s(CONFIG, 120, 400)
    assert again.stored() == pace.stored()


def test_many_steps_at_once_are_as_one_by_one() -> None:
    one, many, ends, now = Pace(), Pace(), [], 0.0
    for step in range(1, 1001):
        now += 1.0 + (step % 7) / 10
        ends.append(now)
        one.add(now)
        if step % 90 == 0:
            one.phase(now, "eval", step)
            many.phase(now, "eval", step)
            now += 5.0
            one.phase(now, "train", step)
            many.phase(now, "train", step)
    many.add(*ends)
    assert many.left_s(CONFIG, 1000, 2000) == one.left_s(CONFIG, 1000, 2000)


def test_samples_are_guessed_from_an_evaluation_until_some_were_drawn() -> None:
    config = CONFIG.model_copy(update={"sample_prompts": ("a", "b"), "num_processes": 1})
    pace = Pace()
    pace.phase(0.0, "eval", 0)
    pace.phase(40.0, "train", 0)  # 8 clips at 5 timesteps: a second a pass
    pace.add(*(41.0 + step for step in range(20)))
    # Two videos of 30 steps, guided: 120 passes.
    assert pace.left_s(config, 20, 100) == 80.0 + 2 * 40.0 + 120.0
