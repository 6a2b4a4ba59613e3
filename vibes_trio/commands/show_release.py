"""What a deploy prints."""

from vibes_trio.commands.output import tell, warn
from vibes_trio.commands.plan import Plan
from vibes_trio.commands.shown import print_struct
from vibes_trio.content.project_words import is_reading
from vibes_trio.wire.deploy import ResEnsureAppSlug


def show_release(plan: Plan, release: ResEnsureAppSlug) -> None:
    """Print the address of *release* alone to standard output, so that scripts can use it, or all as JSON."""
    for warning in release.warnings:
        (tell if is_reading(warning) else warn)(warning)
    if plan.as_json:
        print_struct(release)
        return
    # Only this release's own address is the result: the other shows another app after the next deploy.
    if release.mode == "production":
        newest = release.entry_point_url.partition("/~")[0]
        tell(
            f"published {release.app_slug} of {release.user_slug}; the newest release is always at {newest}/"
        )
    else:
        tell(
            f"published {release.app_slug} of {release.user_slug} for trying out; its plain address stays as it is"
        )
    print(release.entry_point_url, flush=True)
