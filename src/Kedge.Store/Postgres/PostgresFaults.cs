using System.Net.Sockets;
using Kedge.Core.Errors;
using Npgsql;

namespace Kedge.Store.Postgres;

/// <summary>Says in our words what PostgreSQL reports. Codes: PostgreSQL 15, appendix A.</summary>
internal static class PostgresFaults
{
    private const string DiskFull = "53100";

    /// <summary>Classes of a server that cannot be reached or does not let us in.</summary>
    private static readonly string[] UnavailableClasses = ["08", "28", "3D", "53", "57", "58"];

    /// <summary>Classes of a damaged database.</summary>
    private static readonly string[] CorruptClasses = ["XX"];

    /// <summary>True for what the network, the server or a statement may throw.</summary>
    public static bool IsFault(Exception e) => e is NpgsqlException or SocketException or TimeoutException;

    /// <summary>The error that the user can look up, or a plain exception when it is a bug of ours.</summary>
    public static Exception Of(Exception e) => e switch
    {
        PostgresException { SqlState: DiskFull } => new KedgeException(StoreErrors.Full, "PostgreSQL", e),
        PostgresException p when Has(UnavailableClasses, p) => new KedgeException(
            StoreErrors.Unavailable, $"PostgreSQL: {p.MessageText}", e),
        PostgresException p when Has(CorruptClasses, p) => new KedgeException(
            StoreErrors.Corrupt, $"PostgreSQL: {p.MessageText}", e),
        PostgresException p => new InvalidOperationException($"PostgreSQL refused a statement: {p.MessageText}", e),
        _ => new KedgeException(StoreErrors.Unavailable, $"PostgreSQL: {e.Message}", e),
    };

    private static bool Has(string[] classes, PostgresException e) =>
        classes.Any(c => e.SqlState.StartsWith(c, StringComparison.Ordinal));
}
