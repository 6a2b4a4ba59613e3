"""Sources in, browser modules out: one interface, two engines.

`interface` has the records, `choose` opens the best engine there is. `esbuild` drives a native binary and
takes all four languages; `esprima_engine` drives `jsx` in processes of its own, is always there, and takes
jsx and js. Both are a pool of worker processes (`workers`) that can be killed: a source can be made to cost
time or memory. Nothing is imported here: the worker must start without Trio.
"""
