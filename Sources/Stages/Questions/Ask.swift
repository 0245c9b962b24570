package import FoundationEssentials
import Pipeline
package import Warehouse

/// Answers a question in SQL from a workspace's warehouse.
package func ask(_ question: String, of location: URL, as format: AnswerFormat) throws(StageError) -> String {
    let workspace = try attempt { () throws(WorkspaceError) in try Workspace(existing: location) }
    return try attempt { () throws(WarehouseError) in
        try WarehouseReader(reading: workspace.warehouse).query(question).text(format)
    }
}
