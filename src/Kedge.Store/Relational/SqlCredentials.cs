using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Credentials in a database.</summary>
internal sealed class SqlCredentials(IRelationalEngine engine) : ICredentialStore
{
    private const string Select = """
        select name, hash, roles, created_at_ms, expires_at_ms, revoked_at_ms, revision
        from credentials where tenant = @tenant
        """;

    private const string FindByHash = Select + " and hash = @hash";

    private const string FindByName = Select + " and name = @name";

    private const string ListAll = Select + " and name > @after order by name limit @rows_max";

    private const string Insert = """
        insert into credentials (
            tenant, name, hash, roles, created_at_ms, expires_at_ms, revoked_at_ms, revision)
        values (@tenant, @name, @hash, @roles, @created, @expires, 0, @revision)
        """;

    private const string Revoke = """
        update credentials set revoked_at_ms = @at, revision = @revision where tenant = @tenant and name = @name
        """;

    private const string Delete = "delete from credentials where tenant = @tenant and name = @name";

    public ValueTask<CreateVerdict> CreateAsync(
        TenantId tenant, CredentialRow credential, CancellationToken cancellationToken)
    {
        StoreCheck.Credential(credential);
        return engine.WriteAsync(scope => CreateAsync(scope, tenant, credential), cancellationToken);
    }

    public ValueTask<CredentialOutcome> CheckAsync(
        TenantId tenant, Digest hash, long nowMs, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            async session => StoreRules.JudgeCredential(
                await FindAsync(session, tenant, hash).ConfigureAwait(false), nowMs),
            cancellationToken);

    public ValueTask<CasOutcome> RevokeAsync(
        TenantId tenant, string name, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return engine.WriteAsync(scope => RevokeAsync(scope, tenant, name, atMs), cancellationToken);
    }

    public ValueTask<bool> DeleteAsync(TenantId tenant, string name, CancellationToken cancellationToken) =>
        engine.WriteAsync(
            async scope =>
            {
                int gone = await scope.ExecuteAsync(Delete, ("tenant", tenant.ToString()), ("name", name))
                    .ConfigureAwait(false);
                if (gone > 0)
                {
                    scope.Mark();
                }

                return gone > 0;
            },
            cancellationToken);

    public ValueTask<Page<CredentialRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.PageAsync(ListAll, Read, rowsMax, ("tenant", tenant.ToString()), ("after", after ?? "")),
            cancellationToken);

    private static async ValueTask<CreateVerdict> CreateAsync(
        SqlScope scope, TenantId tenant, CredentialRow credential)
    {
        if (await FindAsync(scope, tenant, credential.Name).ConfigureAwait(false) is not null)
        {
            return CreateVerdict.NameTaken;
        }

        if (await FindAsync(scope, tenant, credential.Hash).ConfigureAwait(false) is not null)
        {
            return CreateVerdict.HashTaken;
        }

        await scope.ExecuteAsync(
            Insert,
            ("tenant", tenant.ToString()), ("name", credential.Name), ("hash", credential.Hash.ToString()),
            ("roles", SqlJson.WriteTexts(credential.Roles)), ("created", credential.CreatedAtMs),
            ("expires", credential.ExpiresAtMs), ("revision", scope.Mark())).ConfigureAwait(false);
        return CreateVerdict.Created;
    }

    private static async ValueTask<CasOutcome> RevokeAsync(SqlScope scope, TenantId tenant, string name, long atMs)
    {
        CredentialRow? held = await FindAsync(scope, tenant, name).ConfigureAwait(false);
        if (held is null)
        {
            return new CasOutcome.NotFound();
        }

        if (held.RevokedAtMs != 0)
        {
            return new CasOutcome.Unchanged(held.Revision);
        }

        long revision = scope.Mark();
        await scope.ExecuteAsync(
            Revoke, ("tenant", tenant.ToString()), ("name", name), ("at", Math.Max(1, atMs)), ("revision", revision))
            .ConfigureAwait(false);
        return new CasOutcome.Done(revision);
    }

    private static ValueTask<CredentialRow?> FindAsync(SqlSession session, TenantId tenant, Digest hash) =>
        session.FirstAsync(FindByHash, Read, ("tenant", tenant.ToString()), ("hash", hash.ToString()));

    private static ValueTask<CredentialRow?> FindAsync(SqlSession session, TenantId tenant, string name) =>
        session.FirstAsync(FindByName, Read, ("tenant", tenant.ToString()), ("name", name));

    private static CredentialRow Read(SqlRow row) => new()
    {
        Name = row.Text(),
        Hash = row.Digest(),
        Roles = SqlJson.ReadTexts(row.Text()),
        CreatedAtMs = row.NotNegative(),
        ExpiresAtMs = row.NotNegative(),
        RevokedAtMs = row.NotNegative(),
        Revision = row.NotNegative(),
    };
}
