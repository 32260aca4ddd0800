using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Trust documents in a database.</summary>
internal sealed class SqlTrust(IRelationalEngine engine) : ITrustStore
{
    private const string Select = """
        select kind, version, content, envelope, at_ms, revision
        from trust_documents where tenant = @tenant and kind = @kind
        """;

    private const string FindOne = Select + " and version = @version";

    private const string ListNewest = Select + " order by version desc limit @max";

    private const string Insert = """
        insert into trust_documents (tenant, kind, version, content, envelope, at_ms, revision)
        values (@tenant, @kind, @version, @content, @envelope, @at, @revision)
        """;

    public ValueTask<GenerationVerdict> PutAsync(
        TenantId tenant, TrustRow document, CancellationToken cancellationToken)
    {
        StoreCheck.Trust(document);
        return engine.WriteAsync(
            async scope => (await PutAsync(scope, tenant, document).ConfigureAwait(false)).Verdict, cancellationToken);
    }

    public ValueTask<TrustRow?> LatestAsync(TenantId tenant, TrustKind kind, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => LatestAsync(session, tenant, kind), cancellationToken);

    public ValueTask<TrustRow?> FindAsync(
        TenantId tenant, TrustKind kind, long version, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.FirstAsync(
                FindOne, Read, ("tenant", tenant.ToString()), ("kind", (long)kind), ("version", version)),
            cancellationToken);

    public ValueTask<ImmutableArray<TrustRow>> ListAsync(
        TenantId tenant, TrustKind kind, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.ListAsync(
                ListNewest, Read,
                ("tenant", tenant.ToString()), ("kind", (long)kind), ("max", (long)StoreLimits.PageRowsMax)),
            cancellationToken);

    /// <summary>Stores a newer version; says what held before.</summary>
    public static async ValueTask<(GenerationVerdict Verdict, TrustRow? Before)> PutAsync(
        SqlScope scope, TenantId tenant, TrustRow document)
    {
        TrustRow? before = await LatestAsync(scope, tenant, document.Kind).ConfigureAwait(false);
        GenerationVerdict verdict = StoreRules.JudgeTrust(before, document);
        if (verdict == GenerationVerdict.Newer)
        {
            await scope.ExecuteAsync(
                Insert,
                ("tenant", tenant.ToString()), ("kind", (long)document.Kind), ("version", document.Version),
                ("content", document.Content.ToString()), ("envelope", SqlBytes.Of(document.Envelope)),
                ("at", document.AtMs), ("revision", scope.Mark())).ConfigureAwait(false);
        }

        return (verdict, before);
    }

    private static ValueTask<TrustRow?> LatestAsync(SqlSession session, TenantId tenant, TrustKind kind) =>
        session.FirstAsync(ListNewest, Read, ("tenant", tenant.ToString()), ("kind", (long)kind), ("max", 1L));

    private static TrustRow Read(SqlRow row) => new()
    {
        Kind = ReadKind(row.Number()),
        Version = row.NotNegative(),
        Content = row.Digest(),
        Envelope = row.Bytes(),
        AtMs = row.NotNegative(),
        Revision = row.NotNegative(),
    };

    private static TrustKind ReadKind(long number)
    {
        TrustKind kind = (TrustKind)number;
        Check.That(kind is TrustKind.SigningPolicy or TrustKind.DesiredKeys or TrustKind.Authorities
            or TrustKind.OwnerKey);
        return kind;
    }
}
