using System.Collections.Immutable;
using System.Text;
using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Auth;

/// <summary>
/// The owner key that counts, by the store: the one of the first start, and every change since. Read for each question,
/// so that all servers on one store give one answer.
/// </summary>
internal static class Owners
{
    /// <summary>The chain of owner keys.</summary>
    /// <param name="store">The store.</param>
    /// <param name="tenant">Whose.</param>
    /// <param name="first">The key of the first start.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<OwnerChain> ReadAsync(
        IKedgeStore store, TenantId tenant, TrustedKey first, CancellationToken ct)
    {
        ImmutableArray<TrustRow> rows =
            await store.Trust.ListAsync(tenant, TrustKind.OwnerKey, ct).ConfigureAwait(false);
        OwnerChain chain = OwnerChain.Of(first, 1);
        foreach (TrustRow row in rows.Reverse())
        {
            var next = chain.Offer(Encoding.UTF8.GetString(row.Envelope.AsSpan())) as OwnerOutcome.Newer;
            Check.That(next is not null);
            chain = next.Chain;
        }

        return chain;
    }

    /// <summary>
    /// What <paramref name="read"/> makes of a stored document by the newest key that signed it: one that was stored
    /// before a change of the owner key holds until the owner signs the next.
    /// </summary>
    public static T? ByAny<T>(OwnerChain owners, Func<TrustedKey, T?> read)
        where T : class =>
        owners.Steps.Reverse().Select(step => read(step.Key)).FirstOrDefault(static one => one is not null);
}
