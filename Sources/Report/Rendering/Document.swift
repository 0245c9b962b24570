/// A report as its reader goes through it, before it is HTML or Markdown; running text is marked as `Prose` says.
struct Document: Sendable, Equatable {
    var title: String
    var lead: String
    var facts: [String]
    var sections: [Section]
    /// What a page lets its reader explore; nil where there is nothing to compare.
    var explorer: Explorer?

    struct Section: Sendable, Equatable {
        var heading: String
        var blocks: [Block]
    }

    enum Block: Sendable, Equatable {
        case paragraph(String)
        case list([ListItem])
        /// Sentences that stand one below the other.
        case findings([String])
        case table(Table)
        case figure(Figure)
    }

    /// A finding with what to do about it and what it concerns.
    struct ListItem: Sendable, Equatable {
        var text: String
        var detail: String
    }
}

/// Cells of text under headings; columns of numbers are set to the right.
struct Table: Sendable, Equatable {
    struct Column: Sendable, Equatable {
        enum Kind: Sendable { case text, number, formula }

        var title: String
        var kind: Kind
    }

    var caption: String
    var columns: [Column]
    var rows: [[String]]
    /// Cells that stand out.
    var strong: Set<Place> = []
    /// Shown on demand only, because it is long.
    var isFolded = false

    /// A cell by its row and column, from 0.
    struct Place: Sendable, Hashable {
        let row: Int
        let column: Int
    }
}

/// Charts that belong together, under one caption.
struct Figure: Sendable, Equatable {
    var caption: String
    var panels: [Drawing]
    /// What stands in the place of wide panels on a phone; none where these fit.
    var narrow: [Drawing] = []
    var size = Size.panels
    /// Shown on demand only, because there are many.
    var isFolded = false
    /// The file beside the report that shows the same, for renderings without drawings.
    var file: String?

    enum Size: String, Sendable {
        /// As many beside each other as fit.
        case panels
        /// Larger, two beside each other at most.
        case wide
        /// One, as wide as the page.
        case full
    }
}
