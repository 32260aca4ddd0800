using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Leases in a database.</summary>
internal sealed class SqlLeases(IRelationalEngine engine) : ILeaseStore
{
    private const string FindOne = """
        select name, holder, expires_at_ms, term from leases where tenant = @tenant and name = @name
        """;

    private const string Upsert = """
        insert into leases (tenant, name, holder, expires_at_ms, term)
        values (@tenant, @name, @holder, @expires, @term)
        on conflict (tenant, name) do update set
            holder = excluded.holder, expires_at_ms = excluded.expires_at_ms, term = excluded.term
        """;

    private const string Release = """
        update leases set holder = '', expires_at_ms = 0
        where tenant = @tenant and name = @name and holder = @holder
        """;

    public ValueTask<LeaseOutcome> AcquireAsync(
        TenantId tenant, LeaseClaim claim, CancellationToken cancellationToken)
    {
        StoreCheck.Claim(claim);
        return engine.WriteAsync(scope => AcquireAsync(scope, tenant, claim), cancellationToken);
    }

    public ValueTask<bool> ReleaseAsync(
        TenantId tenant, string name, string holder, CancellationToken cancellationToken)
    {
        StoreCheck.Word(holder);
        return engine.WriteAsync(
            async scope => await scope.ExecuteAsync(
                Release, ("tenant", tenant.ToString()), ("name", name), ("holder", holder)).ConfigureAwait(false) > 0,
            cancellationToken);
    }

    private static async ValueTask<LeaseOutcome> AcquireAsync(SqlScope scope, TenantId tenant, LeaseClaim claim)
    {
        LeaseRow? held = await scope.FirstAsync(
            FindOne, Read, ("tenant", tenant.ToString()), ("name", claim.Name)).ConfigureAwait(false);
        if (StoreRules.Claim(held, claim) is { } row)
        {
            await scope.ExecuteAsync(
                Upsert,
                ("tenant", tenant.ToString()), ("name", row.Name), ("holder", row.Holder),
                ("expires", row.ExpiresAtMs), ("term", row.Term)).ConfigureAwait(false);
            return new LeaseOutcome.Held(row.Term);
        }

        Check.That(held is not null);
        return new LeaseOutcome.HeldByOther(held.Holder, held.ExpiresAtMs);
    }

    private static LeaseRow Read(SqlRow row) => new(row.Text(), row.Text(), row.NotNegative(), row.NotNegative());
}
