using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Loops;

/// <summary>
/// Follows the store's revision and wakes what depends on it: the send loop and every watch. Over a database that other
/// replicas write to, and while a rollout is under way, it wakes the planner too.
/// </summary>
public sealed class RevisionLoop(IKedgeStore store, Wakeups wakeups, ServerOptions options)
{
    private long _seen = -1;

    /// <summary>Waits for the next revision, for a watch period at most.</summary>
    public async ValueTask RunOnceAsync(CancellationToken ct)
    {
        long revision = await store.WaitBeyondAsync(_seen, options.WatchPeriod, ct).ConfigureAwait(false);
        if (revision == _seen)
        {
            return;
        }

        _seen = revision;
        wakeups.NotifyChanged();
        wakeups.Send.Wake();
        if (options.Postgres.Length > 0 || wakeups.IsRolling)
        {
            wakeups.Plan.Wake();
        }
    }
}
