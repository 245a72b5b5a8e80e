"""Starts MiniStack with the few corrections that Keyward's workflows need, applied in memory.

Each is towards what AWS does:
- a Node handler's error reaches the caller under its own name, so that a Catch in a state machine can match it;
- a call over the concurrency limit fails in a state machine as Lambda.TooManyRequestsException, so that a Retry matches;
- a task's TimeoutSeconds may be a JSONata expression;
- a handler that throws keeps its environment, instead of paying a cold start on the next call;
- the end of a call's log lines is marked, not guessed by waiting 50 ms for lines that may never come.

Each correction names the source text that it replaces. When that text is gone, the start fails: look whether the newer
MiniStack still needs the correction. The process group ends when the holder of this process's standard input does.
"""

import inspect
import os
import queue
import signal
import sys
import textwrap
import threading
import time

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc, stepfunctions

LOG_END = "\x00end of the call's log\x00"
LOG_END_WAIT_SECONDS = 0.25


def replaced(where, text, old, new):
    """The text with the one occurrence of `old` replaced; ends the start when there is not exactly one."""
    found = text.count(old)
    if found != 1:
        sys.exit(
            f"MINISTACK_PATCH: in {where} the text that local/ministack/launch.py corrects occurs {found} times:\n{old}\n"
            "This is another MiniStack than the one pinned; see whether the correction is still needed."
        )
    return text.replace(old, new)


def replace_in_function(module, qualified_name, old, new):
    """Compiles a function of `module` anew with `old` replaced and puts it back under its name."""
    *path, name = qualified_name.split(".")
    owner = module
    for part in path:
        owner = getattr(owner, part)
    source = replaced(qualified_name, textwrap.dedent(inspect.getsource(getattr(owner, name))), old, new)
    compiled = {}
    exec(compile(source, f"<corrected {qualified_name}>", "exec"), module.__dict__, compiled)
    setattr(owner, name, compiled[name])


def name_errors_and_mark_logs():
    def name_of(error):
        return f"errorType: {error} instanceof Error ? {error}.name : typeof {error}"

    where = "lambda_runtime._NODEJS_WORKER_SCRIPT"
    mark = 'fs.writeSync(2, "\\0end of the call\'s log\\0\\n");\n'
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    rejected = 'trace: err.stack || ""\n'
    script = replaced(where, script, rejected, f'trace: err.stack || "", {name_of("err")}\n')
    script = replaced(where, script, "settled = true;\n", "settled = true;\n" + mark)
    thrown = '} catch (e) {\n      _realStdoutWrite(JSON.stringify({\n        status: "error", error: e.message, trace: e.stack\n'
    script = replaced(
        where,
        script,
        thrown,
        "} catch (e) {\n" + mark + "      _realStdoutWrite(JSON.stringify({\n"
        f'        status: "error", error: String(e.message || e), trace: e.stack || "", {name_of("e")}\n',
    )
    lambda_runtime._NODEJS_WORKER_SCRIPT = script
    replace_in_function(
        lambda_svc,
        "_execute_function_warm",
        'error_type = "Runtime.HandlerError"',
        'error_type = result.get("errorType") or "Runtime.HandlerError"',
    )


def name_throttling():
    replace_in_function(
        stepfunctions,
        "_call_lambda",
        'body.get("errorType", "Lambda.Unknown")',
        'body.get("errorType") or "Lambda." + body.get("__type", "Unknown")',
    )


def evaluate_task_timeouts():
    def with_timeout(state_def, raw_input, ctx):
        if "TimeoutSeconds" not in state_def:
            return state_def
        seconds = stepfunctions._jsonata_state_field(state_def, "TimeoutSeconds", "number", raw_input, ctx)
        return {**state_def, "TimeoutSeconds": seconds}

    stepfunctions.with_timeout = with_timeout
    arguments = "effective = _apply_jsonata_arguments(state_def, raw_input, ctx)"
    replace_in_function(
        stepfunctions,
        "_execute_task",
        arguments,
        f"state_def = with_timeout(state_def, raw_input, ctx); {arguments}",
    )


def keep_environment_after_an_error():
    replace_in_function(
        lambda_runtime,
        "Worker.invoke",
        'if response.get("status") == "error":',
        'if response.get("status") == "error" and "errorType" not in response:',
    )


def read_logs_up_to_the_mark():
    wait_for_silence = lambda_runtime.Worker._drain_stderr_bounded

    def log_of_the_call(worker):
        if not worker.config.get("Runtime", "").startswith("nodejs"):
            return wait_for_silence(worker)
        lines = []
        end = time.monotonic() + LOG_END_WAIT_SECONDS
        while (left := end - time.monotonic()) > 0:
            try:
                line = worker._stderr_queue.get(timeout=left)
            except queue.Empty:
                break
            if line == LOG_END:
                break
            lines.append(line)
        return "\n".join(lines)

    lambda_runtime.Worker._drain_stderr_bounded = log_of_the_call


def end_with_the_holder_of_stdin():
    os.read(0, 1)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    name_errors_and_mark_logs()
    name_throttling()
    evaluate_task_timeouts()
    keep_environment_after_an_error()
    read_logs_up_to_the_mark()
    threading.Thread(target=end_with_the_holder_of_stdin, daemon=True).start()
    app.main()
