using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Enrolment tokens in memory.</summary>
internal sealed class MemoryTokens(MemoryEngine engine) : IEnrolmentTokenStore
{
    public ValueTask<CreateVerdict> CreateAsync(
        TenantId tenant, EnrolmentTokenRow token, CancellationToken cancellationToken)
    {
        StoreCheck.Token(token);
        return new(engine.Write(tenant, scope => Create(scope, token)));
    }

    public ValueTask<TokenVerdict> ConsumeAsync(
        TenantId tenant, Digest hash, DeviceId device, long nowMs, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => Consume(scope, hash, device, nowMs)));

    public ValueTask<EnrolmentTokenRow?> FindByHashAsync(
        TenantId tenant, Digest hash, CancellationToken cancellationToken) =>
        new(Find(engine.Read(tenant), hash));

    public ValueTask<Page<EnrolmentTokenRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(rowsMax);
        MemoryState state = engine.State;
        IEnumerable<EnrolmentTokenRow> rows = state.Of(tenant).Tokens.Values
            .Where(t => after is null || string.CompareOrdinal(t.Name, after) > 0);
        return new(MemoryPage.Of(rows, rowsMax, state.Revision, t => t.Name));
    }

    public ValueTask<bool> DeleteAsync(TenantId tenant, string name, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => Delete(scope, name)));

    public static CreateVerdict Create(MemoryScope scope, EnrolmentTokenRow token)
    {
        if (scope.Tenant.Tokens.ContainsKey(token.Name))
        {
            return CreateVerdict.NameTaken;
        }

        if (Find(scope.Tenant, token.Hash) is not null)
        {
            return CreateVerdict.HashTaken;
        }

        Save(scope, token with { Uses = 0, Revision = scope.Mark() });
        return CreateVerdict.Created;
    }

    /// <summary>Whether the token of an enrolment allows it; one that a person vouches for has none.</summary>
    public static TokenVerdict Judge(MemoryScope scope, DeviceEnrolment enrolment, bool replaces) =>
        enrolment.TokenHash is { } hash
            ? StoreRules.JudgeToken(Find(scope.Tenant, hash), enrolment.Device, replaces, enrolment.AtMs)
            : TokenVerdict.Consumed;

    public static void Use(MemoryScope scope, Digest? hash)
    {
        if (hash is not { } shown)
        {
            return;
        }

        EnrolmentTokenRow? held = Find(scope.Tenant, shown);
        Check.That(held is not null);
        Save(scope, held with { Uses = held.Uses + 1, Revision = scope.Mark() });
    }

    private static TokenVerdict Consume(MemoryScope scope, Digest hash, DeviceId device, long nowMs)
    {
        TokenVerdict verdict = StoreRules.JudgeToken(Find(scope.Tenant, hash), device, replaces: false, nowMs);
        if (verdict == TokenVerdict.Consumed)
        {
            Use(scope, hash);
        }

        return verdict;
    }

    private static bool Delete(MemoryScope scope, string name)
    {
        if (!scope.Tenant.Tokens.ContainsKey(name))
        {
            return false;
        }

        scope.Mark();
        scope.Tenant = scope.Tenant with { Tokens = scope.Tenant.Tokens.Remove(name) };
        return true;
    }

    private static EnrolmentTokenRow? Find(TenantState tenant, Digest hash) =>
        tenant.Tokens.Values.FirstOrDefault(t => t.Hash == hash);

    private static void Save(MemoryScope scope, EnrolmentTokenRow row) =>
        scope.Tenant = scope.Tenant with { Tokens = scope.Tenant.Tokens.SetItem(row.Name, row) };
}
