"""The rules of GB/T 9704-2012 that a finished file can be measured by: one table.

A rule names what is looked at, the function that looks, and the entry of gbt9704.yaml that gives clause and strength.
Expected figures come from there too; tolerances are the checker's own and stand where it looks (`looks/`).
"""

from dataclasses import dataclass

from circular_gen.checks.looks import body, closing, colophon, head, page
from circular_gen.checks.looks.eye import Look, faces, middle, sizes


def N_(text: str) -> str:  # noqa: N802 (the name by which texts to translate are collected)
    """Marks a text that is translated when it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Rule:
    """`source`: the measure, type or rule of gbt9704.yaml that says clause and strength. `what`: what is measured."""

    name: str
    source: str
    what: str
    look: Look


RULES: tuple[Rule, ...] = (
    Rule("paper-size", "page.width", N_("paper"), page.paper_size),
    Rule("margin-left", "page.left", N_("white at the left"), page.margin_left),
    Rule("margin-top", "page.top", N_("white at the top"), page.margin_top),
    Rule("area-width", "area.width", N_("width of the type area"), page.area_width),
    Rule("area-height", "area.height", N_("height of the type area"), page.area_height),
    Rule("grid-lines", "grid.lines", N_("lines on a full page"), page.grid_lines),
    Rule("grid-pitch", "grid.line", N_("height of a line"), page.grid_pitch),
    Rule("grid-cells", "grid.cells", N_("Hanzi in a full line"), page.grid_cells),
    Rule("copy-number-form", "copy_number.form", N_("form of the copy number"), head.copy_number_form),
    Rule("copy-number-place", "copy_number.place", N_("copy number from the left edge"), head.copy_number_place),
    Rule("urgency-word", "urgency.word", N_("word of the urgency"), head.urgency_word),
    Rule("urgency-face", "urgency", N_("face of the urgency"), faces("urgency", "urgency")),
    Rule("urgency-size", "urgency", N_("type size of the urgency"), sizes("urgency", "urgency")),
    Rule("urgency-place", "urgency.place", N_("urgency from the left edge"), head.urgency_place),
    Rule("mark-top", "mark.top", N_("issuer mark under the type area's top"), head.mark_top("general", "minutes")),
    Rule("mark-top-letter", "mark.top.letter", N_("a letter's mark under the paper's top"), head.mark_top("letter")),
    Rule("mark-top-order", "mark.top.order", N_("an order's mark under the type area's top"), head.mark_top("order")),
    Rule("mark-1999", "mark.top", N_("issuer mark where the edition of 1999 had it"), head.mark_1999),
    Rule("mark-place", "mark.place", N_("issuer mark off the middle by"), head.mark_place),
    Rule("mark-letter", "mark.letter", N_("issuer mark of a letter"), head.mark_letter),
    Rule("mark-joint", "mark.joint", N_("line of the issuers beside which 文件 stands"), head.mark_joint),
    Rule("mark-face", "mark", N_("face of the issuer mark"), faces("mark", "mark")),
    Rule("mark-colour", "mark", N_("colour of the issuer mark"), head.mark_colour),
    Rule("red", "red", N_("the red of mark and rules"), head.red),
    Rule("number-brackets", "number.form", N_("brackets of the document number's year"), head.number_brackets),
    Rule("number-form", "number.form", N_("form of the document number"), head.number_form),
    Rule("number-blank", "blank.number", N_("empty lines above the document number"), head.number_blank),
    Rule("number-place", "number.place", N_("place of the document number"), head.number_place),
    Rule(
        "number-place-letter", "number.place.letter", N_("a letter's number from the right"), head.number_place_letter
    ),
    Rule("number-face", "number", N_("face of the document number"), faces("number", "number")),
    Rule("number-size", "number", N_("type size of the document number"), sizes("number", "number")),
    Rule("approver-upward", "approver.upward", N_("签发人 on this kind of paper"), head.approver_upward),
    Rule("approver-size", "approver", N_("type size of the approver"), head.approver_size),
    Rule("approver-face", "approver", N_("face of the approver's name"), head.approver_face),
    Rule("approver-place", "approver.place", N_("approver from the right"), head.approver_place),
    Rule("approver-align", "approver.align", N_("approver off the name above by"), head.approver_align),
    Rule("rule-gap", "rule.gap", N_("red rule under the document number"), head.rule_gap),
    Rule("rule-width", "area.width", N_("length of the red rule"), head.rule_width),
    Rule("rule-thickness", "rule.thickness", N_("thickness of the red rule"), head.rule_thickness),
    Rule("rule-colour", "red", N_("colour of the rule under the head"), head.rule_colour),
    Rule("letter-rule-width", "letter.rule.width", N_("length of a letter's double rule"), head.letter_rules),
    Rule("letter-rule-gap", "rule.gap.letter", N_("double rule under the mark"), head.letter_gap),
    Rule("letter-rule-foot", "letter.rule.foot", N_("lower double rule from the paper's foot"), head.letter_foot),
    Rule("letter-rule-place", "letter.rule.place", N_("double rule off the middle by"), head.letter_rule_place),
    Rule("letter-rule-order", "letter.rule.order", N_("order of a letter's double rule"), head.letter_rule_order),
    Rule("letter-number-gap", "letter.number.gap", N_("a letter's number under the rule"), head.letter_number_gap),
    Rule(
        "letter-page-number", "letter.page_number", N_("number on a letter's first page"), colophon.letter_page_number
    ),
    Rule("letter-colophon", "letter.colophon", N_("colophon of a letter"), colophon.letter_colophon),
    Rule(
        "letter-colophon-foot",
        "letter.colophon.foot",
        N_("copies above the type area's foot"),
        colophon.letter_colophon_foot,
    ),
    Rule("order-colophon", "order.colophon", N_("colophon of an order"), colophon.order_colophon),
    Rule("title-size", "title", N_("type size of the title"), sizes("title", "title", 0.6)),
    Rule("title-face", "title", N_("face of the title"), faces("title", "title")),
    Rule("title-place", "title.place", N_("title off the middle by"), middle("title")),
    Rule("title-blank", "blank.title", N_("empty lines above the title"), body.title_blank),
    Rule("title-length", "title.cells", N_("Hanzi in a line of the title"), body.title_length),
    Rule("title-shape", "title.shape", N_("widths of the title's lines"), body.title_shape),
    Rule("title-lines", "title.lines", N_("where the title's lines end"), body.title_lines),
    Rule("title-words", "title.words", N_("word at the end of a title's line"), body.title_words),
    Rule("addressees-place", "addressees.place", N_("addressees from the left edge"), body.addressees_place),
    Rule("addressees-colon", "addressees.colon", N_("end of the addressees"), body.addressees_colon),
    Rule("addressees-blank", "blank.addressees", N_("empty lines above the addressees"), body.addressees_blank),
    Rule("addressees-face", "addressees", N_("face of the addressees"), faces("addressees", "addressees")),
    Rule("addressees-size", "addressees", N_("type size of the addressees"), sizes("addressees", "addressees")),
    Rule("order-blank", "blank.title.order", N_("empty lines above an order's text"), body.order_blank),
    Rule("body-first-page", "body.first_page", N_("beginning of the body"), body.body_first_page),
    Rule("body-size", "body", N_("type size of the body"), body.body_size),
    Rule("body-face", "body", N_("face of the body"), body.body_face),
    Rule("text-colour", "text.colour", N_("colour of the text"), body.text_colour),
    Rule("body-indent", "indent.body", N_("indent of a paragraph"), body.body_indent),
    Rule("indent-characters", "indent.characters", N_("beginning of a paragraph"), body.indent_characters),
    Rule("heading-numbers", "heading.numbers", N_("number of a heading"), body.heading_numbers),
    Rule("heading1-face", "heading1", N_("face of a heading of level 1"), body.heading_face(1)),
    Rule("heading2-face", "heading2", N_("face of a heading of level 2"), body.heading_face(2)),
    Rule("heading3-face", "heading3", N_("face of a heading of level 3"), body.heading_face(3)),
    Rule("heading4-face", "heading4", N_("face of a heading of level 4"), body.heading_face(4)),
    Rule("heading-run-in", "heading.run_in", N_("face after a heading's first 。"), body.heading_run_in),
    Rule("heading-bold", "heading.bold", N_("weight of a heading"), body.heading_bold),
    Rule("annex-list-blank", "blank.annex_list", N_("empty lines above the annex list"), closing.annex_list_blank),
    Rule("annex-list-indent", "annex_list", N_("indent of the annex list"), closing.annex_list_indent),
    Rule("annex-list-align", "annex_list.align", N_("an annex's name off the name above by"), closing.annex_list_align),
    Rule("annex-list-wrap", "annex_list.align", N_("further lines of an annex's name off by"), closing.annex_list_wrap),
    Rule("annex-list-size", "annex_list", N_("type size of the annex list"), sizes("annex_list", "annex_list")),
    Rule("annex-list-face", "annex_list", N_("face of the annex list"), faces("annex_list", "annex_list")),
    Rule(
        "annex-list-punctuation", "annex_list.punctuation", N_("end of an annex's name"), closing.annex_list_punctuation
    ),
    Rule(
        "annex-list-numbering",
        "annex_list.numbering",
        N_("number of an annex in the list"),
        closing.annex_list_numbering,
    ),
    Rule("annex-match", "annex.match", N_("title of an annex beside its name in the list"), closing.annex_match),
    Rule("signature-blank", "blank.sealed", N_("empty lines above the signature"), closing.signature_blank("sealed")),
    Rule(
        "signature-blank-unsealed",
        "blank.unsealed",
        N_("empty lines above the signature of an unsealed paper"),
        closing.signature_blank("unsealed"),
    ),
    Rule(
        "signature-blank-chop",
        "blank.chop",
        N_("empty lines above the signature with a chop"),
        closing.signature_blank("chop"),
    ),
    Rule("date-place-chop", "indent.chop", N_("date from the right under a chop"), closing.date_place_chop),
    Rule("date-blank-chop", "blank.chop.date", N_("empty lines above the date under a chop"), closing.date_blank_chop),
    Rule(
        "signature-centre", "signature.centre", N_("signature off the middle of the date by"), closing.signature_centre
    ),
    Rule(
        "date-place-unsealed",
        "indent.unsealed.date",
        N_("date of an unsealed paper from the signature's beginning"),
        closing.date_place_unsealed,
    ),
    Rule(
        "signature-place-unsealed",
        "indent.unsealed",
        N_("signature of an unsealed paper from the right"),
        closing.signature_place_unsealed,
    ),
    Rule("seal-centre", "seal.centre", N_("seal off the middle by"), closing.seal_centre),
    Rule("seal-over", "seal.over", N_("signature and date below the seal's middle"), closing.seal_over),
    Rule("seal-top", "seal.top", N_("seal under the text"), closing.seal_top),
    Rule("seal-apart", "seal.apart", N_("place of the seals"), closing.seal_apart),
    Rule(
        "signature-company", "signature.company", N_("lines of text on the signature's page"), closing.signature_company
    ),
    Rule("signature-statement", "signature.statement", N_("a page without text"), closing.signature_statement),
    Rule("date-place", "indent.sealed", N_("date from the right"), closing.date_place),
    Rule("signature-face", "signature", N_("face of signature and date"), closing.signature_face),
    Rule("signature-size", "signature", N_("type size of signature and date"), closing.signature_size),
    Rule("date-form", "date.form", N_("form of the date"), closing.date_form),
    Rule("date-numerals", "date.form", N_("numerals of the date"), closing.date_numerals),
    Rule("note-blank", "blank.note", N_("empty lines above the note"), closing.note_blank),
    Rule("note-brackets", "note.brackets", N_("brackets of the note"), closing.note_brackets),
    Rule("note-face", "note", N_("face of the note"), faces("note", "note")),
    Rule("note-size", "note", N_("type size of the note"), sizes("note", "note")),
    Rule("note-indent", "indent.note", N_("indent of the note"), closing.note_indent),
    Rule("attendance-blank", "blank.attendance", N_("empty lines above those present"), closing.attendance_blank),
    Rule("attendance-align", "attendance.align", N_("further names off the first one"), closing.attendance_align),
    Rule("attendance-face", "attendance", N_("face of the label before names"), closing.attendance_face),
    Rule("annex-label", "annex.label", N_("form of an annex's label"), closing.annex_label),
    Rule("annex-label-number", "annex.label", N_("number of an annex"), closing.annex_label_number),
    Rule("annex-label-place", "annex.label", N_("an annex's label from the left edge"), closing.annex_label_place),
    Rule("annex-label-face", "annex_label", N_("face of an annex's label"), closing.annex_label_face),
    Rule("annex-label-size", "annex_label", N_("type size of an annex's label"), closing.annex_label_size),
    Rule("annex-page", "annex.page", N_("beginning of an annex"), closing.annex_page),
    Rule("annex-title-line", "blank.annex_title", N_("empty lines above an annex's title"), closing.annex_title_line),
    Rule("annex-title-place", "annex.title.place", N_("an annex's title off the middle by"), closing.annex_title_place),
    Rule("colophon-width", "area.width", N_("length of the colophon's rules"), colophon.colophon_width),
    Rule("colophon-outer", "colophon.rule.outer", N_("first and last rule of the colophon"), colophon.colophon_outer),
    Rule("colophon-inner", "colophon.rule.inner", N_("inner rules of the colophon"), colophon.colophon_inner),
    Rule("colophon-foot", "colophon.foot", N_("last rule from the paper's top"), colophon.colophon_foot),
    Rule("colophon-page", "colophon.page", N_("page of the colophon"), colophon.colophon_page),
    Rule("colophon-even", "colophon.even", N_("side of the colophon"), colophon.colophon_even),
    Rule("copies-moved", "copies.moved", N_("addressees in the colophon"), colophon.moved_addressees),
    Rule("copies-ending", "copies.ending", N_("end of the list of copies"), colophon.copies_ending),
    Rule("colophon-inset", "colophon.inset", N_("colophon from the edges"), colophon.colophon_inset),
    Rule("copies-align", "copies.align", N_("further lines of the copies from the first name"), colophon.copies_align),
    Rule("printed-form", "printed.form", N_("form of the printing date"), colophon.printed_form),
    Rule("colophon-size", "colophon", N_("type size of the colophon"), colophon.colophon_size),
    Rule("colophon-face", "colophon", N_("face of the colophon"), colophon.colophon_face),
    Rule("keywords", "keywords", N_("主题词, which the edition of 1999 had"), colophon.keywords),
    Rule("page-number-present", "page_number.present", N_("page numbers"), colophon.page_number_present),
    Rule("page-number-sequence", "page_number.sequence", N_("page number"), colophon.page_number_sequence),
    Rule(
        "page-number-blank",
        "page_number.blank",
        N_("page number beside a blank page before the colophon"),
        colophon.page_number_blank,
    ),
    Rule("page-number-lying", "page_number.lying", N_("number of a landscape page"), colophon.page_number_lying),
    Rule("page-number-size", "page_number", N_("type size of the page number"), colophon.page_number_size),
    Rule("page-number-face", "page_number", N_("face of the page number"), colophon.page_number_face),
    Rule("page-number-dashes", "page_number.dashes", N_("dashes of the page number"), colophon.page_number_dashes),
    Rule("page-number-gap", "page_number.gap", N_("page number under the type area"), colophon.page_number_gap),
    Rule("page-number-side", "page_number.side", N_("side of the page number"), colophon.page_number_side),
    Rule("page-number-centred", "page_number.side", N_("page numbers in the middle"), colophon.page_number_centred),
    Rule("page-number-inset", "page_number.inset", N_("page number from the edge"), colophon.page_number_inset),
    Rule("footer-distance", "page_number.footer", N_("7 mm as the footer's distance"), colophon.footer_distance),
)
