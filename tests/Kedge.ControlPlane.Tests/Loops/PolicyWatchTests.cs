using Kedge.ControlPlane.Loops;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;
using Kedge.Store.Memory;

namespace Kedge.ControlPlane.Tests.Loops;

public sealed class PolicyWatchTests
{
    [Fact]
    public async Task A_policy_and_a_key_that_come_to_their_end_are_warned_of_once_a_day_from_thirty_days_before()
    {
        ShiftedTime time = new();
        await using MemoryStore store = new(time);
        long endMs = (time.GetUtcNow() + TimeSpan.FromDays(40)).ToUnixTimeMilliseconds();
        SigningPolicyDocument policy = new()
        {
            Version = 3,
            ExpiresAtMs = endMs,
            Rules =
            [
                new PolicyRule
                {
                    KeyId = Digest.Of("key"u8), PublicKey = "", Models = ["pump-*"], NotAfterMs = endMs + 86_400_000,
                },
                new PolicyRule
                {
                    KeyId = Digest.Of("gone"u8), PublicKey = "", Models = ["*"], NotAfterMs = 1, Revoked = true,
                },
            ],
        };
        PolicyWatch watch = new(store, TenantId.Default, _ => Task.FromResult(policy), time);
        await watch.RunOnceAsync(default);
        Assert.Empty(await ReasonsAsync(store));

        time.Offset = TimeSpan.FromDays(11);
        await watch.RunOnceAsync(default);
        await watch.RunOnceAsync(default);
        Assert.Equal(["SigningKeyEnding", "PolicyExpiring"], await ReasonsAsync(store));

        time.Offset = TimeSpan.FromDays(41);
        await watch.RunOnceAsync(default);
        Assert.Equal(4, (await ReasonsAsync(store)).Length);
        Page<EventRow> page = await store.Events.ListAsync(
            TenantId.Default, new EventQuery { Subject = PolicyWatch.Subject }, default);
        Assert.All(page.Items, static row => Assert.True(row.Entry.Warning));
        Assert.Contains("devices take nothing new", page.Items[1].Entry.Message, StringComparison.Ordinal);
    }

    private static async Task<string[]> ReasonsAsync(IKedgeStore store) =>
    [
        .. (await store.Events.ListAsync(
            TenantId.Default, new EventQuery { Subject = PolicyWatch.Subject }, default)).Items
            .Select(static row => row.Entry.Reason),
    ];
}
