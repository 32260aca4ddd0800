using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Enrolment tokens in a database.</summary>
internal sealed class SqlTokens(IRelationalEngine engine) : IEnrolmentTokenStore
{
    private const string Select = """
        select name, hash, expires_at_ms, uses_max, uses, device, replaces, labels, created_at_ms, revision
        from enrolment_tokens where tenant = @tenant
        """;

    private const string FindByHash = Select + " and hash = @hash";

    private const string ListAll = Select + " and name > @after order by name limit @rows_max";

    private const string Insert = """
        insert into enrolment_tokens (
            tenant, name, hash, expires_at_ms, uses_max, uses, device, replaces, labels, created_at_ms, revision)
        values (@tenant, @name, @hash, @expires, @uses_max, 0, @device, @replaces, @labels, @created, @revision)
        """;

    private const string HasName = "select 1 from enrolment_tokens where tenant = @tenant and name = @name";

    private const string UseOne = """
        update enrolment_tokens set uses = uses + 1, revision = @revision
        where tenant = @tenant and hash = @hash and uses < uses_max
        """;

    private const string Delete = "delete from enrolment_tokens where tenant = @tenant and name = @name";

    public ValueTask<CreateVerdict> CreateAsync(
        TenantId tenant, EnrolmentTokenRow token, CancellationToken cancellationToken)
    {
        StoreCheck.Token(token);
        return engine.WriteAsync(scope => CreateAsync(scope, tenant, token), cancellationToken);
    }

    public ValueTask<TokenVerdict> ConsumeAsync(
        TenantId tenant, Digest hash, DeviceId device, long nowMs, CancellationToken cancellationToken) =>
        engine.WriteAsync(
            async scope =>
            {
                EnrolmentTokenRow? held = await FindAsync(scope, tenant, hash).ConfigureAwait(false);
                TokenVerdict verdict = StoreRules.JudgeToken(held, device, replaces: false, nowMs);
                if (verdict == TokenVerdict.Consumed)
                {
                    await UseAsync(scope, tenant, hash).ConfigureAwait(false);
                }

                return verdict;
            },
            cancellationToken);

    public ValueTask<EnrolmentTokenRow?> FindByHashAsync(
        TenantId tenant, Digest hash, CancellationToken cancellationToken) =>
        engine.ReadAsync(session => FindAsync(session, tenant, hash), cancellationToken);

    public ValueTask<Page<EnrolmentTokenRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken) =>
        engine.ReadAsync(
            session => session.PageAsync(ListAll, Read, rowsMax, ("tenant", tenant.ToString()), ("after", after ?? "")),
            cancellationToken);

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

    public static async ValueTask<CreateVerdict> CreateAsync(SqlScope scope, TenantId tenant, EnrolmentTokenRow token)
    {
        long? taken = await scope.NumberAsync(HasName, ("tenant", tenant.ToString()), ("name", token.Name))
            .ConfigureAwait(false);
        if (taken is not null)
        {
            return CreateVerdict.NameTaken;
        }

        if (await FindAsync(scope, tenant, token.Hash).ConfigureAwait(false) is not null)
        {
            return CreateVerdict.HashTaken;
        }

        await scope.ExecuteAsync(
            Insert,
            ("tenant", tenant.ToString()), ("name", token.Name), ("hash", token.Hash.ToString()),
            ("expires", token.ExpiresAtMs), ("uses_max", (long)token.UsesMax),
            ("device", token.Device?.ToString() ?? ""), ("replaces", token.Replaces ? 1L : 0L),
            ("labels", SqlJson.WriteLabels(token.Labels)), ("created", token.CreatedAtMs),
            ("revision", scope.Mark())).ConfigureAwait(false);
        return CreateVerdict.Created;
    }

    /// <summary>Whether the token of an enrolment allows it; one that a person vouches for has none.</summary>
    public static async ValueTask<TokenVerdict> JudgeAsync(
        SqlScope scope, TenantId tenant, DeviceEnrolment enrolment, bool replaces)
    {
        if (enrolment.TokenHash is not { } hash)
        {
            return TokenVerdict.Consumed;
        }

        EnrolmentTokenRow? held = await FindAsync(scope, tenant, hash).ConfigureAwait(false);
        return StoreRules.JudgeToken(held, enrolment.Device, replaces, enrolment.AtMs);
    }

    public static async ValueTask UseAsync(SqlScope scope, TenantId tenant, Digest hash)
    {
        int used = await scope.ExecuteAsync(
            UseOne, ("tenant", tenant.ToString()), ("hash", hash.ToString()), ("revision", scope.Mark()))
            .ConfigureAwait(false);
        Check.That(used == 1);
    }

    private static ValueTask<EnrolmentTokenRow?> FindAsync(SqlSession session, TenantId tenant, Digest hash) =>
        session.FirstAsync(FindByHash, Read, ("tenant", tenant.ToString()), ("hash", hash.ToString()));

    private static EnrolmentTokenRow Read(SqlRow row) => new()
    {
        Name = row.Text(),
        Hash = row.Digest(),
        ExpiresAtMs = row.NotNegative(),
        UsesMax = row.Count(),
        Uses = row.Count(),
        Device = row.DeviceOrNone(),
        Replaces = row.Flag(),
        Labels = row.Labels(),
        CreatedAtMs = row.NotNegative(),
        Revision = row.NotNegative(),
    };
}
