"""Building an app's own sources into few files, as the bundlers do that people write for.

Modules one by one, which is how an app is stored and mostly served, can't carry `import.meta.env`, CSS modules, an
alias, `import.meta.glob` and the like: these need an app to be looked at as a whole. `forms` says which of its
sources use such a form; without one nothing here is asked. `places` finds the file that an import means; `rewrite`
puts into plain imports what esbuild has no word for; `stubs` are the modules that stand for style sheets, pictures
and workers; `material` hands all of it to esbuild, which reads no disk. `services.app_build` runs it.

Decided after a trial: packages stay imports by name (they are built by their own ways, and shared by all apps); a
style sheet becomes a module that puts it into the page, since esbuild's own style sheets load the CSS of lazy parts at
once; `import.meta.url` of a file leads to where that file lies in the release, so that any address from it does, also
one that is only known when the app runs; workers are built apart, because an import map does not reach them.
"""
