using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Kedge.Cli.Kinds;

/// <summary>One object as it is shown. Never compared as a record.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cells">One cell per column, wide ones too.</param>
/// <param name="Object">All that is known about it; made only when it is asked for.</param>
internal sealed record Listed(string Name, ImmutableArray<string> Cells, Func<JsonObject> Object);

/// <summary>A change of one object.</summary>
/// <param name="Item">The object as it is now, or was last.</param>
/// <param name="IsGone">True when it is gone.</param>
internal sealed record ListedChange(Listed Item, bool IsGone);
