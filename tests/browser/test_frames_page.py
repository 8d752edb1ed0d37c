"""The slider for readers without a kernel: radio buttons that move by keyboard, without scripts."""

from dshcourse.demos import Collisions, Flipping, frames


def test_arrow_keys_show_each_picture_alone_with_scripts_switched_off(chromium, screenshots):
    sets = {"degrees": Collisions(), "k": Flipping()}
    shown = [frames(demo, choice).data for choice, demo in sets.items()]
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.set_content("<main>" + "".join(shown) + "</main>")
        page.screenshot(path=screenshots / "frames.png", full_page=True)
        for (choice, demo), group in zip(
            sets.items(), page.get_by_role("group").all(), strict=True
        ):
            values, picture = demo.choices[choice][1], group.get_by_role("img")
            at_first, seen = picture.get_attribute("alt"), []
            for _ in values:
                group.locator("input:checked").press("ArrowRight")
                assert picture.count() == 1
                seen.append(picture.get_attribute("alt"))
            assert len(set(seen)) == len(values)
            assert seen[-1] == at_first
