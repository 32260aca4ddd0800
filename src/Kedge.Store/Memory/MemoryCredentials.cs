using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Memory;

/// <summary>Credentials in memory.</summary>
internal sealed class MemoryCredentials(MemoryEngine engine) : ICredentialStore
{
    public ValueTask<CreateVerdict> CreateAsync(
        TenantId tenant, CredentialRow credential, CancellationToken cancellationToken)
    {
        StoreCheck.Credential(credential);
        return new(engine.Write(tenant, scope => Create(scope, credential)));
    }

    public ValueTask<CredentialOutcome> CheckAsync(
        TenantId tenant, Digest hash, long nowMs, CancellationToken cancellationToken) =>
        new(StoreRules.JudgeCredential(Find(engine.Read(tenant), hash), nowMs));

    public ValueTask<CasOutcome> RevokeAsync(
        TenantId tenant, string name, long atMs, CancellationToken cancellationToken)
    {
        StoreCheck.Time(atMs);
        return new(engine.Write(tenant, scope => Revoke(scope, name, atMs)));
    }

    public ValueTask<bool> DeleteAsync(TenantId tenant, string name, CancellationToken cancellationToken) =>
        new(engine.Write(tenant, scope => Delete(scope, name)));

    public ValueTask<Page<CredentialRow>> ListAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken)
    {
        StoreCheck.Rows(rowsMax);
        MemoryState state = engine.State;
        IEnumerable<CredentialRow> rows = state.Of(tenant).Credentials.Values
            .Where(c => after is null || string.CompareOrdinal(c.Name, after) > 0);
        return new(MemoryPage.Of(rows, rowsMax, state.Revision, c => c.Name));
    }

    private static CreateVerdict Create(MemoryScope scope, CredentialRow credential)
    {
        if (scope.Tenant.Credentials.ContainsKey(credential.Name))
        {
            return CreateVerdict.NameTaken;
        }

        if (Find(scope.Tenant, credential.Hash) is not null)
        {
            return CreateVerdict.HashTaken;
        }

        Save(scope, credential with { RevokedAtMs = 0, Revision = scope.Mark() });
        return CreateVerdict.Created;
    }

    private static CasOutcome Revoke(MemoryScope scope, string name, long atMs)
    {
        if (!scope.Tenant.Credentials.TryGetValue(name, out CredentialRow? held))
        {
            return new CasOutcome.NotFound();
        }

        if (held.RevokedAtMs != 0)
        {
            return new CasOutcome.Unchanged(held.Revision);
        }

        long revision = scope.Mark();
        Save(scope, held with { RevokedAtMs = Math.Max(1, atMs), Revision = revision });
        return new CasOutcome.Done(revision);
    }

    private static bool Delete(MemoryScope scope, string name)
    {
        if (!scope.Tenant.Credentials.ContainsKey(name))
        {
            return false;
        }

        scope.Mark();
        scope.Tenant = scope.Tenant with { Credentials = scope.Tenant.Credentials.Remove(name) };
        return true;
    }

    private static CredentialRow? Find(TenantState tenant, Digest hash) =>
        tenant.Credentials.Values.FirstOrDefault(c => c.Hash == hash);

    private static void Save(MemoryScope scope, CredentialRow row) =>
        scope.Tenant = scope.Tenant with { Credentials = scope.Tenant.Credentials.SetItem(row.Name, row) };
}
