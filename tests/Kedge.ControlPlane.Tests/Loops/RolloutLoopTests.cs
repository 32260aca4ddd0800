using Kedge.ControlPlane.Loops;
using Kedge.Core;
using Kedge.Core.Rollouts;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Tests.Loops;

/// <summary>Rollouts through the store: what the planner decides is carried out, kept, and told.</summary>
public sealed class RolloutLoopTests : IDisposable
{
    private const string Slow = "{type: Waves, canary: {count: 1}, growth: 2, soak: 60s}";
    private static readonly TimeSpan Soak = TimeSpan.FromSeconds(61);
    private readonly RolloutFleet _fleet = new(6);

    public void Dispose() => _fleet.Dispose();

    [Fact]
    public void A_good_release_goes_from_a_canary_to_everybody_as_time_passes()
    {
        Stand(1);
        _fleet.Apply(2, Slow);
        _fleet.Settle();
        Assert.Equal((1, RolloutPhase.Progressing), (_fleet.Have(2), _fleet.State.Phase));
        Assert.True(_fleet.Wakeups.IsRolling);
        foreach (int exposed in (int[])[2, 4, 6])
        {
            _fleet.Settle();
            Assert.False(_fleet.Wakeups.Plan.IsSet);
            _fleet.Time.Advance(Soak);
            Assert.True(_fleet.Wakeups.Plan.IsSet, "the timer of the soak did not ring");
            _fleet.Wakeups.Plan.Reset();
            _fleet.Settle();
            Assert.Equal(exposed, _fleet.Have(2));
            _fleet.Wakeups.Plan.Reset();
        }

        _fleet.Time.Advance(Soak);
        _fleet.Settle();
        Assert.Equal((RolloutPhase.Complete, 2L), (_fleet.State.Phase, _fleet.State.Stable!.Revision));
        Assert.False(_fleet.Wakeups.IsRolling);
        Assert.Equal(
            ["RolloutStarted", "RolloutWave", "RolloutWave", "RolloutWave", "RolloutComplete"], NewEvents());
    }

    [Fact]
    public void A_release_that_its_canary_gives_up_is_taken_back_to_the_exact_old_one()
    {
        Stand(1);
        Dictionary<DeviceId, Digest> before = _fleet.Devices.ToDictionary(d => d, _fleet.Release);
        _fleet.Bad[2] = [];
        _fleet.Apply(2, Slow);
        _fleet.PlanOnce();
        Assert.Equal(1, _fleet.Have(2));
        _fleet.Settle();
        Assert.Equal((RolloutPhase.RolledBack, 0), (_fleet.State.Phase, _fleet.Have(2)));
        Assert.All(_fleet.Devices, d => Assert.Equal(before[d], _fleet.Release(d)));
        Assert.All(_fleet.Devices, d => Assert.Equal(1, Assert.Single(_fleet.Asked(d)).Revision));
        Assert.Equal(RolloutErrors.DevicesFailed.Code, _fleet.State.Code);
        Assert.Contains("it misses its samples", _fleet.State.Reason, StringComparison.Ordinal);
        Assert.Equal(["RolloutStarted", "RolloutRollingBack", "RolloutRolledBack"], NewEvents());
        _fleet.Time.Advance(TimeSpan.FromDays(1));
        _fleet.Settle();
        Assert.Equal(0, _fleet.Have(2));
    }

    [Fact]
    public void A_server_that_is_killed_after_any_commit_goes_on_where_it_was()
    {
        Stand(1);
        _fleet.Apply(2, Slow);
        for (int round = 0; round < 60; round++)
        {
            _fleet.Restart();
            _fleet.PlanOnce();
            if (_fleet.State.Phase == RolloutPhase.Progressing && _fleet.State.Target == 2)
            {
                Assert.True(_fleet.Have(2) <= 1 << _fleet.State.Wave, $"{_fleet.Have(2)} in wave {_fleet.State.Wave}");
            }

            if (round % 3 == 0)
            {
                _fleet.Obey();
            }

            _fleet.Time.Advance(TimeSpan.FromSeconds(20));
        }

        _fleet.Restart();
        _fleet.Settle();
        Assert.Equal((RolloutPhase.Complete, 6), (_fleet.State.Phase, _fleet.Have(2)));
    }

    [Fact]
    public void A_server_that_is_killed_between_the_parts_of_a_commit_has_written_the_state_first()
    {
        using RolloutFleet fleet = new(Store.StoreLimits.DesiredChangesMax + 5);
        fleet.Apply(1, "{type: All}");
        long before = RolloutFleet.Done(fleet.Store.RevisionAsync(default));
        fleet.PlanOnce();
        long after = RolloutFleet.Done(fleet.Store.RevisionAsync(default));
        Assert.Equal(2, after - before);
        Assert.Equal(fleet.Devices.Length, fleet.Have(1));
        Assert.Equal((RolloutPhase.Complete, after), (fleet.State.Phase, fleet.Row.Revision));
    }

    [Fact]
    public void A_newer_release_takes_over_from_one_that_is_under_way()
    {
        Stand(1);
        _fleet.Apply(2, Slow);
        _fleet.Settle();
        DeviceId canary = _fleet.Devices.Single(d => _fleet.Asked(d)[0].Revision == 2);
        _fleet.Apply(3, Slow);
        _fleet.PlanOnce();
        _fleet.Obey();
        _fleet.Settle();
        Assert.Equal((3L, 1L), (_fleet.State.Target, _fleet.State.Stable!.Revision));
        Assert.Equal((0, 1, 3L), (_fleet.Have(2), _fleet.Have(3), _fleet.Asked(canary)[0].Revision));
        for (int wave = 0; wave < 5; wave++)
        {
            _fleet.Time.Advance(Soak);
            _fleet.Settle();
        }

        Assert.Equal((RolloutPhase.Complete, 6), (_fleet.State.Phase, _fleet.Have(3)));
    }

    [Fact]
    public void A_deadline_pauses_it_and_a_person_resumes_it()
    {
        Stand(1);
        _fleet.Apply(2, "{type: Waves, canary: {count: 1}, growth: 2, soak: 60s, deadline: 100s}");
        _fleet.Settle();
        _fleet.Time.Advance(Soak);
        _fleet.Settle();
        _fleet.Time.Advance(TimeSpan.FromSeconds(50));
        _fleet.Settle();
        Assert.Equal((RolloutPhase.Paused, 2), (_fleet.State.Phase, _fleet.Have(2)));
        Assert.Equal(RolloutErrors.DeadlinePassed.Code, _fleet.State.Code);
        Assert.Equal("RolloutPaused", NewEvents()[^1]);
        _fleet.Time.Advance(TimeSpan.FromHours(1));
        _fleet.Settle();
        Assert.Equal(2, _fleet.Have(2));
        Assert.True(_fleet.Save(s => RolloutPlanner.Resume(s, _fleet.NowMs)));
        _fleet.Settle();
        Assert.True(_fleet.Save(s => RolloutPlanner.Promote(s, _fleet.NowMs)));
        _fleet.Settle();
        Assert.Equal((RolloutPhase.Complete, 6), (_fleet.State.Phase, _fleet.Have(2)));
    }

    [Fact]
    public void Two_servers_over_one_store_expose_no_more_than_one_does()
    {
        Stand(1);
        using PlanLoop other = _fleet.NewLoop();
        _fleet.Apply(2, Slow);
        for (int round = 0; round < 40; round++)
        {
            RolloutFleet.Run(round % 2 == 0 ? other : _fleet.Plan);
            RolloutFleet.Run(round % 2 == 0 ? _fleet.Plan : other);
            Assert.True(_fleet.Have(2) <= 1 << _fleet.State.Wave || _fleet.State.Phase == RolloutPhase.Complete);
            _fleet.Obey();
            _fleet.Time.Advance(TimeSpan.FromSeconds(30));
        }

        Assert.Equal((RolloutPhase.Complete, 6), (_fleet.State.Phase, _fleet.Have(2)));
        Assert.Single(NewEvents(), "RolloutComplete");
    }

    [Fact]
    public void A_device_that_is_away_is_not_waited_for_and_follows_when_the_release_has_passed()
    {
        Stand(1);
        DeviceId away = _fleet.Devices[2];
        _fleet.Away(away);
        _fleet.Apply(2, Slow);
        for (int wave = 0; wave < 6; wave++)
        {
            _fleet.Settle();
            _fleet.Time.Advance(Soak);
        }

        _fleet.Settle();
        Assert.Equal((RolloutPhase.Complete, 2L), (_fleet.State.Phase, _fleet.Asked(away)[0].Revision));
    }

    [Fact]
    public void Fleets_from_before_there_were_rollouts_keep_what_they_run()
    {
        Stand(1);
        RolloutFleet.Done(_fleet.Store.Deployments.DeleteAsync(
            TenantId.Default, RolloutFleet.Web, null, 1, default));
        RolloutFleet.Done(_fleet.Store.Deployments.RemoveAsync(TenantId.Default, RolloutFleet.Web, default));
        _fleet.Apply(1, "{type: All}");
        _fleet.Bad[2] = [];
        _fleet.Apply(2, Slow);
        _fleet.PlanOnce();
        Assert.Equal((5, 1), (_fleet.Have(1), _fleet.Have(2)));
        _fleet.Settle();
        Assert.Equal((RolloutPhase.RolledBack, 6), (_fleet.State.Phase, _fleet.Have(1)));
    }

    [Fact]
    public void A_rollout_that_cannot_be_read_changes_nothing_on_devices_until_it_is_deleted()
    {
        Stand(1);
        RolloutWrite damaged = new()
        {
            Id = RolloutFleet.Web,
            Parent = _fleet.Row.Revision,
            StateJson = "{\"target\":",
            AtMs = 1,
        };
        RolloutFleet.Done(_fleet.Store.Rollouts.SaveAsync(TenantId.Default, damaged, default));
        _fleet.Apply(2, "{type: All}");
        _fleet.Settle();
        Assert.Equal((6, 0), (_fleet.Have(1), _fleet.Have(2)));
        RolloutFleet.Done(_fleet.Store.Deployments.DeleteAsync(
            TenantId.Default, RolloutFleet.Web, null, 1, default));
        _fleet.Settle();
        Assert.All(_fleet.Devices, d => Assert.Empty(_fleet.Asked(d)));
        Assert.Null(RolloutFleet.Done(
            _fleet.Store.Deployments.FindAsync(TenantId.Default, RolloutFleet.Web, default)));
    }

    [Fact]
    public void The_reports_of_a_device_say_whether_it_still_tries()
    {
        static WorkloadReport Read(string phase, long target, long serving, bool problem)
        {
            string why = problem ? ",\"problem\":{\"code\":\"KEDGE-X-001\",\"message\":\"no\"}" : "";
            string json = $"{{\"workloads\":[{{\"name\":\"web\",\"phase\":\"{phase}\",\"targetRevision\":{target},"
                + $"\"servingRevision\":{serving}{why}}}]}}";
            return ReportedWorkloads.Read(json, [])[RolloutFleet.Web];
        }

        Assert.True(Read("serving", 2, 1, problem: true).GaveUp);
        Assert.True(Read("stopped", 2, 0, problem: true).GaveUp);
        Assert.False(Read("waiting", 2, 1, problem: true).GaveUp);
        Assert.False(Read("serving", 2, 1, problem: false).GaveUp);
        Assert.False(Read("serving", 2, 2, problem: true).GaveUp);
        Assert.Equal("KEDGE-X-001 no", Read("serving", 2, 1, problem: true).Problem);
        Assert.Empty(ReportedWorkloads.Read("{\"workloads\":[{\"name\":\"no name\"}]}", []));
        Assert.Empty(ReportedWorkloads.Read("{\"workloads\":", []));
        Assert.Empty(ReportedWorkloads.Read("", []));
    }

    [Fact]
    public void What_was_said_of_another_release_under_the_same_revision_does_not_count()
    {
        Stand(1);
        DeviceId device = _fleet.Devices[0];
        string release = _fleet.Release(device).ToString();
        string json = $"{{\"workloads\":[{{\"name\":\"web\",\"phase\":\"serving\",\"targetRelease\":\"{release}\","
            + "\"targetRevision\":1,\"servingRevision\":1}]}";
        Assert.Equal(1, ReportedWorkloads.Read(json, _fleet.Asked(device))[RolloutFleet.Web].TargetRevision);
        string other = json.Replace(release, Digest.Of("other"u8).ToString(), StringComparison.Ordinal);
        Assert.Equal(0, ReportedWorkloads.Read(other, _fleet.Asked(device))[RolloutFleet.Web].TargetRevision);
    }

    [Fact]
    public void A_device_that_holds_a_number_with_other_content_is_given_a_new_number()
    {
        Stand(1);
        DeviceId device = _fleet.Devices[0];
        long before = _fleet.Generation(device);
        _fleet.SayConflict(device);
        _fleet.PlanOnce();
        Assert.True(_fleet.Generation(device) > before);
        before = _fleet.Generation(device);
        _fleet.PlanOnce();
        Assert.Equal(before, _fleet.Generation(device));
    }

    /// <summary>A release that everybody has, and that passed.</summary>
    private void Stand(int version)
    {
        _fleet.Apply(version, "{type: All}");
        _fleet.Settle();
        Assert.Equal((6, RolloutPhase.Complete), (_fleet.Have(1), _fleet.State.Phase));
    }

    private string[] NewEvents() => [.. _fleet.Events];
}
