using System.Collections.Immutable;
using Kedge.Cli.Running;

namespace Kedge.Cli.Kinds;

/// <summary>A kind of object that <c>kedge get</c> shows: its words, its table and where it comes from.</summary>
internal sealed record ResourceKind
{
    /// <summary>The word in headings and messages, as <c>device</c>.</summary>
    public required string Singular { get; init; }

    /// <summary>The word behind <c>kedge get</c>, as <c>devices</c>.</summary>
    public required string Plural { get; init; }

    /// <summary>Further words, as <c>dev</c>.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Its columns.</summary>
    public required ImmutableArray<Column> Columns { get; init; }

    /// <summary>The objects.</summary>
    public required Func<Session, ListQuery, CancellationToken, Task<ImmutableArray<Listed>>> List { get; init; }

    /// <summary>Changes from now on, the present objects first; null when the server has no watch for it.</summary>
    public Func<Session, ListQuery, CancellationToken, IAsyncEnumerable<ListedChange>>? Watch { get; init; }

    /// <summary>The word of the administrators' interface by which it is deleted; empty when it cannot be.</summary>
    public string DeletePath { get; init; } = "";

    /// <summary>True when labels select among it on the server.</summary>
    public bool HasSelector { get; init; }

    /// <summary>True for one of its words.</summary>
    public bool IsCalled(string word) =>
        string.Equals(word, Singular, StringComparison.OrdinalIgnoreCase)
        || string.Equals(word, Plural, StringComparison.OrdinalIgnoreCase)
        || Aliases.Contains(word, StringComparer.OrdinalIgnoreCase);
}

/// <summary>Which objects of a kind are asked for.</summary>
/// <param name="Name">Only this one; empty for all.</param>
/// <param name="Selector">Labels as <c>line=press</c>; empty for all.</param>
/// <param name="IsWhole">True when all that is known is asked for, not only what a table shows.</param>
internal sealed record ListQuery(string Name = "", string Selector = "", bool IsWhole = false);
