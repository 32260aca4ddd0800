using System.Data.Common;

namespace Kedge.Store.Relational;

/// <summary>One transaction: what it did holds when it ends, unless it gives up.</summary>
internal sealed class SqlScope(
    Func<string, DbCommand> commands, SqlDialect dialect, long revision, CancellationToken cancellationToken)
    : SqlSession(commands, dialect, cancellationToken)
{
    /// <summary>Revision that the transaction gives to what it changes.</summary>
    public long NextRevision { get; } = revision + 1;

    public bool IsMarked { get; private set; }

    public bool IsGivenUp { get; private set; }

    /// <summary>Somebody may watch what changes here. Returns the revision of the change.</summary>
    public long Mark()
    {
        IsMarked = true;
        return NextRevision;
    }

    /// <summary>Nothing of this transaction holds.</summary>
    public void GiveUp() => IsGivenUp = true;
}
