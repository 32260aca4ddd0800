using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Conformance.Suites;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Model;

/// <summary>Draws calls over few names, so that they meet, with revisions that a caller could know.</summary>
public sealed class RandomCalls(int seed)
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly string[] Contents = ["1", "2", "3"];

    private readonly Random _random = new(seed);
    private long _now = 1000;
    private long _revision;

    /// <summary>The next call, made by somebody who knows the store at this revision.</summary>
    public RandomCall Next(long revision)
    {
        _revision = revision;
        _now += _random.Next(100);
        return _random.Next(6) switch
        {
            0 => Fleet(),
            1 => Presence(),
            2 => Reporting(),
            3 => Models(),
            4 => Access(),
            _ => Manifest(),
        };
    }

    private RandomCall Fleet()
    {
        DeviceId device = Device();
        DeviceEnrolment enrolment = Enrolment(device);
        DeviceWrite write = Write(device);
        (long? expected, long at) = (Expected(), _now);
        return _random.Next(7) switch
        {
            0 or 1 => Call("enrol", async s => await s.Devices.EnrolAsync(TenantId.Default, enrolment, None)),
            2 => Call("replace", async s => await s.Devices.ReplaceAsync(TenantId.Default, enrolment, None)),
            3 => Call("update", async s => await s.Devices.UpdateAsync(TenantId.Default, write, None)),
            4 => Call("revoke", async s => await s.Devices.RevokeAsync(TenantId.Default, device, at, None)),
            5 => Call("delete", async s => await s.Devices.DeleteAsync(TenantId.Default, device, expected, at, None)),
            _ => Call("find", async s => await s.Devices.FindAsync(TenantId.Default, device, None)),
        };
    }

    private RandomCall Presence()
    {
        DeviceId device = Device();
        DeviceConnection connection = new(device, Key(device), Pick("r1", "r2"), _now);
        (long epoch, string replica, long at) = (_random.Next(5), Pick("r1", "r2"), _now);
        return _random.Next(5) switch
        {
            0 or 1 => Call("connect", async s => await s.Devices.ConnectAsync(TenantId.Default, connection, None)),
            2 => Call("disconnect", async s =>
                await s.Devices.DisconnectAsync(TenantId.Default, device, epoch, at, None)),
            3 => Call("disconnect replica", async s =>
                await s.Devices.DisconnectReplicaAsync(TenantId.Default, replica, at, None)),
            _ => Call("touch", async s =>
            {
                await s.Devices.TouchAsync(TenantId.Default, [new DeviceSeen(device, at)], None);
                return null;
            }),
        };
    }

    private RandomCall Reporting()
    {
        ReportCommit report = Report();
        ReportCommit other = Report();
        DesiredCommit commit = Plan();
        (DeviceId device, Generation floor) = (Device(), new Generation(_random.Next(12)));
        return _random.Next(5) switch
        {
            0 => Call("report", async s => await s.Reports.CommitAsync(TenantId.Default, report, None)),
            1 => Call("reports", async s =>
                await s.Reports.CommitManyAsync(TenantId.Default, [report, other, report], None)),
            2 or 3 => Call("plan", async s => await s.Desired.CommitAsync(TenantId.Default, commit, None)),
            _ => Call("floor", async s => await s.Desired.RaiseFloorAsync(TenantId.Default, device, floor, None)),
        };
    }

    private RandomCall Models()
    {
        PackageWrite package = Sample.Package(Pick("bearing", "pump"), Pick(Contents));
        TagMove move = Tag();
        ImmutableArray<Digest> chunks = [.. package.Chunks.Select(c => c.Digest)];
        long at = _now;
        return _random.Next(8) switch
        {
            0 or 1 => Call("chunks", async s =>
            {
                await s.Chunks.AddAsync(TenantId.Default, package.Chunks, at, None);
                return await s.Chunks.MissingAsync(TenantId.Default, chunks, None);
            }),
            2 or 3 => Call("push", async s => await s.Packages.PutAsync(TenantId.Default, package, None)),
            4 => Call("tag", async s => await s.Packages.MoveTagAsync(TenantId.Default, move, None)),
            5 => Call("untag", async s =>
                await s.Packages.DeleteTagAsync(TenantId.Default, move.Name, move.Tag, None)),
            6 => Call("unpush", async s => await s.Packages.DeleteAsync(TenantId.Default, package.Digest, None)),
            _ => Call("collect", async s =>
                await s.Chunks.RemoveUnusedAsync(TenantId.Default, chunks, at - 500, None)),
        };
    }

    private RandomCall Access()
    {
        EnrolmentTokenRow token = Token();
        DeviceId device = Device();
        LeaseClaim claim = new("planner", Pick("r1", "r2"), _now, _now + 150);
        TrustRow policy = Sample.Policy(_random.Next(1, 6), Pick(Contents));
        return _random.Next(6) switch
        {
            0 => Call("token", async s => await s.Tokens.CreateAsync(TenantId.Default, token, None)),
            1 => Call("consume", async s =>
                await s.Tokens.ConsumeAsync(TenantId.Default, token.Hash, device, claim.NowMs, None)),
            2 => Call("untoken", async s => await s.Tokens.DeleteAsync(TenantId.Default, token.Name, None)),
            3 => Call("lease", async s => await s.Leases.AcquireAsync(TenantId.Default, claim, None)),
            4 => Call("release", async s =>
                await s.Leases.ReleaseAsync(TenantId.Default, claim.Name, claim.Holder, None)),
            _ => Call("policy", async s => await s.Trust.PutAsync(TenantId.Default, policy, None)),
        };
    }

    private RandomCall Manifest()
    {
        DeploymentWrite write = Deployment();
        RolloutWrite rollout = Rollout();
        FiguresWrite[] figures = [Figures(), Figures()];
        (long? expected, long at) = (Expected(), _now);
        ApplyBatch batch = new()
        {
            DryRun = _random.Next(4) == 0,
            Changes = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Change())],
        };
        return _random.Next(8) switch
        {
            7 => Call("figures", async s =>
            {
                await s.Figures.SaveManyAsync(TenantId.Default, figures, None);
                return await s.Figures.FindAsync(
                    TenantId.Default, figures[0].Device, figures[0].Deployment, None);
            }),
            6 => Call("rollout", async s => await s.Rollouts.SaveAsync(TenantId.Default, rollout, None)),
            0 or 1 => Call("deploy", async s => await s.Deployments.ApplyAsync(TenantId.Default, write, None)),
            2 => Call("undeploy", async s =>
                await s.Deployments.DeleteAsync(TenantId.Default, write.Id, expected, at, None)),
            3 => Call("remove", async s => await s.Deployments.RemoveAsync(TenantId.Default, write.Id, None)),
            _ => Call("apply", async s => await s.Apply.CommitAsync(TenantId.Default, batch, None)),
        };
    }

    private ApplyChange Change() => _random.Next(6) switch
    {
        0 => new ApplyChange.OfDeployment(Deployment()),
        1 => new ApplyChange.OfDevice(Write(Device())),
        2 => new ApplyChange.OfTag(Tag()),
        3 => new ApplyChange.OfToken(Token()),
        4 => new ApplyChange.OfSite(Sample.Site(Pick("lyon", "turin"), Pick(Contents)) with { AppliedAtMs = _now }),
        _ => new ApplyChange.OfTrust(Sample.Policy(_random.Next(1, 6), Pick(Contents))),
    };

    private DeviceEnrolment Enrolment(DeviceId device)
    {
        string key = Pick("key-1", "key-2");
        return Sample.Enrolment(device.ToString(), key, Pick("first", "second")) with
        {
            AtMs = _now,
            TokenHash = _random.Next(3) == 0 ? Token().Hash : null,
            Certificate = _random.Next(2) == 0
                ? Sample.Certificate(device.ToString(), $"{seed + 4096:X4}{_now:X8}", key)
                : null,
        };
    }

    private DeviceWrite Write(DeviceId device) => new()
    {
        Device = device,
        ExpectedRevision = Expected(),
        Labels = _random.Next(2) == 0 ? Sample.Labels(("line", Pick("press", "mill"))) : null,
        Cordoned = _random.Next(2) == 0 ? _random.Next(2) == 0 : null,
    };

    private ReportCommit Report()
    {
        string json = $"{{\"n\":{_random.Next(9)}}}";
        ReportCommit status = Sample.Status(Device().ToString(), _random.Next(1, 30), json) with
        {
            Incarnation = Pick("first", "second"),
            ReceivedAtMs = _now,
        };
        return _random.Next(3) switch
        {
            0 => status,
            1 => status with { Body = new ReportBody.Facts("{\"cpu\":2}") },
            _ => status with { Body = new ReportBody.Happening(Sample.Event(Pick("Started", "Stopped"))) },
        };
    }

    private DesiredCommit Plan() => Sample.Commit(
        [.. new[] { Device(), Device() }.Distinct().Select(device =>
        {
            int parent = _random.Next(4);
            return Sample.Change(device.ToString(), parent, parent + _random.Next(1, 4), Pick("key-1", "key-2"));
        })]) with
    {
        Rollouts = _random.Next(3) == 0 ? [Rollout()] : [],
    };

    private RolloutWrite Rollout() =>
        Sample.Rollout(
            Pick("web", "db"), _random.Next(2) == 0 ? 0 : Math.Max(0, _revision - _random.Next(6)), Pick(Contents)) with
        {
            AtMs = _now,
        };

    private FiguresWrite Figures() =>
        Sample.Figures(Device().ToString(), Pick("web", "db"), Pick(Contents)) with { AtMs = _now };

    private DeploymentWrite Deployment() =>
        Sample.Deployment(
            Pick("web", "db"), Pick(Contents),
            _random.Next(2) == 0 ? [Sample.Package(Pick("bearing", "pump"), Pick(Contents)).Digest] : []) with
        {
            ExpectedRevision = Expected(),
            AtMs = _now,
        };

    private TagMove Tag()
    {
        string model = Pick("bearing", "pump");
        return Sample.Tag(model, Pick("v1", "v2"), Sample.Package(model, Pick(Contents)).Digest) with
        {
            Expected = _random.Next(3) == 0 ? Sample.Package(model, Pick(Contents)).Digest : null,
            AtMs = _now,
        };
    }

    private EnrolmentTokenRow Token()
    {
        string name = Pick("t1", "t2", "t3");
        return Sample.Token(name) with
        {
            ExpiresAtMs = 20_000,
            UsesMax = 2,
            Device = name == "t3" ? new DeviceId("d1") : null,
            Replaces = name == "t3",
        };
    }

    private DeviceId Device() => new(Pick("d1", "d2", "d3"));

    private Digest Key(DeviceId device) => Sample.DigestOf($"{device} {Pick("key-1", "key-2")}");

    private long? Expected() => _random.Next(3) == 0 ? Math.Max(0, _revision - _random.Next(4)) : null;

    private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];

    private static RandomCall Call(string name, Func<IKedgeStore, Task<object?>> run) => new(name, run);
}
