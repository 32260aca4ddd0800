namespace Kedge.Store.Relational;

/// <summary>Runs reads and transactions on a relational database. What the SQL asks is the same for each.</summary>
internal interface IRelationalEngine : IAsyncDisposable
{
    /// <summary>Where the databases differ.</summary>
    SqlDialect Dialect { get; }

    /// <summary>Statements that see what was committed; each of them may see more than the one before.</summary>
    ValueTask<T> ReadAsync<T>(Func<SqlSession, ValueTask<T>> query, CancellationToken cancellationToken);

    /// <summary>One transaction, after all others that change something and before the next.</summary>
    ValueTask<T> WriteAsync<T>(Func<SqlScope, ValueTask<T>> transaction, CancellationToken cancellationToken);

    /// <summary>Waits for another revision than the given one.</summary>
    ValueTask<long> WaitBeyondAsync(long revision, TimeSpan timeout, CancellationToken cancellationToken);
}
