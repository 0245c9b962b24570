/// A report as its reader goes through it, before it is HTML or Markdown; running text is marked as `Prose` says.
struct Document: Sendable, Equatable {
    var title: String
    var lead: String
    var facts: [String]
    var sections: [Section]

    struct Section: Sendable, Equatable {
        var heading: String
        var blocks: [Block]
    }

    enum Block: Sendable, Equatable {
        case paragraph(String)
        case list([ListItem])
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
    /// Shown on demand only, because it is long.
    var isFolded = false
}

/// Charts that belong together, under one caption.
struct Figure: Sendable, Equatable {
    var caption: String
    var panels: [Drawing]
    /// Drawn larger, two beside each other at most.
    var isWide = false
    /// The file beside the report that shows the same, for renderings without drawings.
    var file: String?
}
