namespace Kedge.Conformance.Rules;

/// <summary>One sentence of the protocol, and how to find out whether a server keeps it. Never compared.</summary>
internal sealed record Rule
{
    /// <summary>Stable id, as <c>fault-missing-input</c>.</summary>
    public required string Id { get; init; }

    /// <summary>One of <see cref="RuleBook.Groups"/>.</summary>
    public required string Group { get; init; }

    /// <summary>The rule as a sentence.</summary>
    public required string Title { get; init; }

    /// <summary>The document and its section.</summary>
    public required string Source { get; init; }

    /// <summary>The extension that it belongs to, as servers name it; empty for the protocol itself.</summary>
    public string Extension { get; init; } = "";

    /// <summary>True when the check changes the server for a moment.</summary>
    public bool Controls { get; init; }

    /// <summary>True when it needs the gRPC address.</summary>
    public bool IsGrpc { get; init; }

    /// <summary>
    /// Null when it is checked once; else it is checked for each model for which this is true.
    /// </summary>
    public Func<Models.ModelFacts, bool>? Fits { get; init; }

    /// <summary>Finds out. Breaks by <see cref="RuleBrokenException"/>.</summary>
    public required Func<Trial, Task> Check { get; init; }
}
