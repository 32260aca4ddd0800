using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Rollouts.Gates;

namespace Kedge.Core.Rollouts;

/// <summary>
/// One step of a rollout that goes on: who is next, what the wave waits for, when the next one begins.
/// </summary>
internal sealed class WaveStep(
    DeploymentSnapshot deployment, IReadOnlyList<RolloutMember> members, ImmutableArray<GateReading> gates, long nowMs)
{
    private readonly StrategySpec _strategy = deployment.Spec.Strategy;
    private readonly List<string> _waits = [];
    private long? _wake;
    private bool _isAnybodyReady;

    public RolloutStep Take(RolloutState state, RolloutMember[] exposed, long? deadline)
    {
        ImmutableArray<int> limits = WavePlan.Limits(
            _strategy, members.Count, members.Count(m => WavePlan.IsCanary(_strategy, m)));
        if (limits.IsEmpty)
        {
            return Step(state, [], limits, ["no device that it can run on is there yet"], deadline);
        }

        state = state with { Wave = Math.Min(state.Wave, limits.Length - 1) };
        bool isOpen = state.Phase == RolloutPhase.Progressing;
        ImmutableSortedSet<DeviceId> picked = isOpen ? Pick(state, exposed, limits) : [];
        if (!isOpen)
        {
            _waits.Add(state.Reason.Length > 0 ? state.Reason : "it is paused");
        }
        else if (picked.IsEmpty && IsWaveServing(exposed, limits[state.Wave]))
        {
            state = Soak(state, limits);
        }

        return Step(state, picked, limits, _waits, state.Phase == RolloutPhase.Progressing ? deadline : null);
    }

    private RolloutStep Step(
        RolloutState state, ImmutableSortedSet<DeviceId> picked, ImmutableArray<int> limits, IEnumerable<string> waits,
        long? deadline) => new()
        {
            Deployment = deployment.Spec.Id,
            State = state,
            Exposes = picked,
            WaveLimit = limits.IsEmpty ? 0 : Limit(state, limits),
            Waves = limits.Length,
            Waits = state.Phase == RolloutPhase.Complete ? [] : [.. waits],
            WakeAtMs = _wake < deadline || deadline is null ? _wake : deadline,
        };

    private static int Limit(RolloutState state, ImmutableArray<int> limits) =>
        state.Promoted ? limits[^1] : limits[state.Wave];

    /// <summary>
    /// The next devices: heard, within the wave, within what may change at one time, and without taking the last ones
    /// of a group. Those that have a superseded revision come first: they are changed anyway.
    /// </summary>
    private ImmutableSortedSet<DeviceId> Pick(RolloutState state, RolloutMember[] exposed, ImmutableArray<int> limits)
    {
        int room = Limit(state, limits) - exposed.Length;
        RolloutMember[] ready =
        [
            .. members.Where(m => m.Held != state.Target && m.Online && MayBeNext(state, m))
                .OrderByDescending(m => m.Held > 0 && m.Held != state.Stable?.Revision)
                .ThenBy(m => WavePlan.Order(m.Device, state.Target)).ThenBy(m => m.Device),
        ];
        _isAnybodyReady = ready.Length > 0;
        int changing = exposed.Count(m => m.Online && m.Standing == MemberStanding.Changing);
        int changingMax = _strategy.MaxUnavailable is { } most ? Math.Max(1, most.Of(members.Count)) : int.MaxValue;
        Budgets budgets = new(_strategy.Budgets, members, state.Target);
        ImmutableSortedSet<DeviceId>.Builder picked = ImmutableSortedSet.CreateBuilder<DeviceId>();
        SortedSet<string> held = new(StringComparer.Ordinal);
        foreach (RolloutMember member in ready)
        {
            if (picked.Count >= room || changing >= changingMax)
            {
                break;
            }

            if (budgets.TryTake(member) is { } budget)
            {
                held.Add(budget);
                continue;
            }

            picked.Add(member.Device);
            changing++;
        }

        Explain(exposed, ready.Length, picked.Count, room, (changing, changingMax), held);
        return picked.ToImmutable();
    }

    private bool MayBeNext(RolloutState state, RolloutMember member) =>
        state.Wave > 0 || state.Promoted || WavePlan.IsCanary(_strategy, member);

    private void Explain(
        RolloutMember[] exposed, int ready, int picked, int room, (int Now, int Max) changing, SortedSet<string> held)
    {
        int slow = exposed.Count(m => m.Online && m.Standing == MemberStanding.Changing);
        if (slow > 0)
        {
            _waits.Add(RolloutPlanner.Count(slow, "device", "does not serve", "do not serve", "it yet"));
        }

        int back = exposed.Count(m => m.Online && m.IsHeldBack && m.Standing == MemberStanding.Changing);
        if (back > 0)
        {
            _waits.Add(RolloutPlanner.Count(
                back, "device", "waits", "wait", "for a maintenance window, or to be released by somebody there"));
        }

        int compare = exposed.Count(m => m.Online && m.IsShadowing && m.Standing == MemberStanding.Changing);
        if (compare > 0)
        {
            _waits.Add(RolloutPlanner.Count(
                compare, "device", "compares", "compare", "its answers to copies of live requests with those of the "
                + "revision that serves"));
        }

        if (picked < room && ready > picked && changing.Now >= changing.Max)
        {
            _waits.Add(string.Create(
                CultureInfo.InvariantCulture, $"no more than {changing.Max} may be changing at one time"));
        }

        foreach (string budget in held)
        {
            _waits.Add(budget);
        }

        if (exposed.Length == 0 && !members.Any(m => WavePlan.IsCanary(_strategy, m)))
        {
            _waits.Add("no device matches the selector of the canary");
        }

        int away = members.Count(m => !m.Online && m.Held != deployment.Revision);
        if (ready == 0 && away > 0)
        {
            _waits.Add(RolloutPlanner.Count(away, "device", "is", "are", "away and will follow"));
        }
    }

    /// <summary>
    /// True when the wave is as large as it can be for now and all of it that are heard serve; at least one does.
    /// </summary>
    private bool IsWaveServing(RolloutMember[] exposed, int limit)
    {
        bool isFull = exposed.Length >= limit || !_isAnybodyReady;
        bool isServing = exposed.Any(m => m.Standing == MemberStanding.Serving)
            && exposed.All(m => !m.Online || m.Standing != MemberStanding.Changing);
        return isFull && isServing;
    }

    private RolloutState Soak(RolloutState state, ImmutableArray<int> limits)
    {
        long from = state.SoakFromMs > 0 ? state.SoakFromMs : nowMs;
        long until = from + (long)_strategy.Soak.TotalMilliseconds;
        if (until > nowMs && !state.Promoted)
        {
            _wake = until;
            DateTimeOffset end = DateTimeOffset.FromUnixTimeMilliseconds(until);
            _waits.Add(string.Create(
                CultureInfo.InvariantCulture, $"wave {state.Wave + 1} of {limits.Length} soaks until {end:u}"));
            return state with { SoakFromMs = from };
        }

        string[] unsure = [.. gates.Where(static g => g.Standing == GateStanding.Waiting)
            .Select(static g => $"gate {g.Gate} has seen {g.Text}")];
        if (unsure.Length > 0 && !state.Promoted)
        {
            _waits.AddRange(unsure);
            return state with { SoakFromMs = from };
        }

        bool isLast = state.Promoted || state.Wave >= limits.Length - 1;
        return isLast
            ? state with
            {
                Phase = RolloutPhase.Complete,
                Stable = new StableRevision(deployment.Revision, deployment.Spec),
                SoakFromMs = 0,
                ChangedAtMs = nowMs,
            }
            : NextWave(state);
    }

    private RolloutState NextWave(RolloutState state)
    {
        // Its devices are picked at once, by the step that follows this one.
        _wake = nowMs;
        return state with { Wave = state.Wave + 1, SoakFromMs = 0, ChangedAtMs = nowMs };
    }

    /// <summary>How many of each group serve, and how many may still be taken.</summary>
    private sealed class Budgets(
        ImmutableArray<BudgetSpec> budgets, IReadOnlyList<RolloutMember> members, long target)
    {
        private readonly Dictionary<(int, string), int> _serving = Serving(budgets, members, target);

        private static Dictionary<(int, string), int> Serving(
            ImmutableArray<BudgetSpec> budgets, IReadOnlyList<RolloutMember> members, long target)
        {
            Dictionary<(int, string), int> serving = [];
            for (int index = 0; index < budgets.Length; index++)
            {
                foreach (RolloutMember member in members)
                {
                    if (member.Labels.TryGetValue(budgets[index].Label, out string? group) && member.Online
                        && member.Answers && !(member.Held == target && member.Standing == MemberStanding.Changing))
                    {
                        serving[(index, group)] = serving.GetValueOrDefault((index, group)) + 1;
                    }
                }
            }

            return serving;
        }

        /// <summary>Takes a device out of its groups; else says which group cannot spare it.</summary>
        public string? TryTake(RolloutMember member)
        {
            if (!member.Answers)
            {
                return null; // It serves nobody: nothing is lost by changing it.
            }

            for (int index = 0; index < budgets.Length; index++)
            {
                BudgetSpec budget = budgets[index];
                if (member.Labels.TryGetValue(budget.Label, out string? group)
                    && _serving.GetValueOrDefault((index, group)) <= budget.MinServing)
                {
                    return string.Create(
                        CultureInfo.InvariantCulture,
                        $"{budget.Label}={group} has {_serving.GetValueOrDefault((index, group))} that serve and keeps "
                        + $"{budget.MinServing}");
                }
            }

            for (int index = 0; index < budgets.Length; index++)
            {
                if (member.Labels.TryGetValue(budgets[index].Label, out string? group))
                {
                    _serving[(index, group)]--;
                }
            }

            return null;
        }
    }
}
