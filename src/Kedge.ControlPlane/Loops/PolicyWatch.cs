using Kedge.Content.Trust;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Warns before the signing policy or one of its keys comes to its end, once a day: after it no device takes anything
/// new. Several servers on one store say it once, as far as their rounds do not fall together.
/// </summary>
public sealed class PolicyWatch(
    IKedgeStore store, TenantId tenant, Func<CancellationToken, Task<SigningPolicyDocument>> read, TimeProvider time)
{
    /// <summary>What events about the policy are about.</summary>
    public const string Subject = "signingpolicy/models";

    private static readonly TimeSpan Ahead = TimeSpan.FromDays(30);
    private static readonly TimeSpan Pause = TimeSpan.FromDays(1);

    /// <summary>One round.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        EventWrite[] warnings = [.. Of(await read(ct).ConfigureAwait(false), nowMs)];
        if (warnings.Length == 0)
        {
            return;
        }

        Page<EventRow> told = await store.Events
            .ListAsync(tenant, new EventQuery { Subject = Subject, RowsMax = StoreLimits.PageRowsMax }, ct)
            .ConfigureAwait(false);
        long sinceMs = nowMs - (long)Pause.TotalMilliseconds;
        HashSet<string> recent = [.. told.Items
            .Where(row => row.Entry.AtMs > sinceMs).Select(static row => row.Entry.Message)];
        EventWrite[] fresh = [.. warnings.Where(one => !recent.Contains(one.Message))];
        if (fresh.Length > 0)
        {
            await store.Events.AppendAsync(tenant, fresh, ct).ConfigureAwait(false);
        }
    }

    /// <summary>What is to be said of a policy at a time.</summary>
    internal static IEnumerable<EventWrite> Of(SigningPolicyDocument policy, long nowMs)
    {
        if (Says(policy.ExpiresAtMs, nowMs) is { } words)
        {
            yield return Event(
                nowMs, "PolicyExpiring", TrustErrors.PolicyExpired.Code,
                $"version {policy.Version} of the signing policy {words}");
        }

        foreach (PolicyRule rule in policy.Rules.Where(static rule => !rule.Revoked))
        {
            if (Says(rule.NotAfterMs, nowMs) is { } end)
            {
                yield return Event(
                    nowMs, "SigningKeyEnding", TrustErrors.KeyEnded.Code,
                    $"the key {rule.KeyId.Short} for {string.Join(", ", rule.Models)} {end}");
            }
        }
    }

    private static string? Says(long endMs, long nowMs) =>
        endMs == 0 || endMs - nowMs > (long)Ahead.TotalMilliseconds ? null
        : endMs <= nowMs ? $"ended {InstantOf(endMs)}: devices take nothing new by it"
        : $"ends {InstantOf(endMs)}; sign the next version before";

    private static string InstantOf(long ms) => Core.Manifests.InstantText.Of(ms);

    private static EventWrite Event(long nowMs, string reason, string code, string message) => new()
    {
        AtMs = nowMs,
        Reason = reason,
        Message = message,
        Subject = Subject,
        Warning = true,
        Code = code,
    };
}
