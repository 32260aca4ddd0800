using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Kedge.Agent.Disk;
using Kedge.Agent.Identity;
using Kedge.Agent.Inventory;
using Kedge.Agent.Link;
using Kedge.Agent.Sandbox;
using Kedge.Agent.Source;
using Kedge.Agent.State;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;

namespace Kedge.Agent.Commands;

/// <summary>
/// <c>kedge-agent doctor</c>: looks at everything that the agent needs, and says what to do about what is wrong.
/// </summary>
internal sealed class DoctorCommand(DataFolder folder, TimeProvider time, CancellationToken cancel)
{
    private bool _isUnhealthy;

    internal static async Task<int> RunAsync(Arguments arguments, TimeProvider time, CancellationToken cancel)
    {
        DoctorCommand doctor = new(new DataFolder(arguments.One("--data")), time, cancel);
        await doctor.LookAsync(arguments.One("--serve"), arguments.One("--runtime-library")).ConfigureAwait(false);
        return doctor._isUnhealthy ? ExitCodes.Unhealthy : ExitCodes.Done;
    }

    private async Task LookAsync(string? serve, string? library)
    {
        StatusDocument? running = await StatusCommand.AskAsync(folder, time, cancel).ConfigureAwait(false);
        Say(running is null ? "warn" : "ok", "agent", running is null ? "not running"
            : $"running, pid {running.Pid}", "start it with kedge-agent run, or systemctl start kedge-agent");
        AgentConfig config = LookAtConfig();
        await LookAtSandboxAsync(config, serve, library, running).ConfigureAwait(false);
        LookAtControlGroups();
        LookAtSecurityModules();
        LookAtDisk();
        Credentials? credentials = LookAtIdentity();
        if (credentials is not null)
        {
            LookAtClock(credentials);
            await LookAtServerAsync(credentials).ConfigureAwait(false);
        }
    }

    private AgentConfig LookAtConfig()
    {
        try
        {
            AgentConfig config = Directory.Exists(folder.Disk.Root) ? AgentConfig.Load(folder.Disk) : new AgentConfig();
            Say("ok", "config", $"{AgentConfig.FileName} is fine or absent", "");
            return config;
        }
        catch (KedgeException e)
        {
            Say("fail", "config", e.Message, AgentErrors.BadConfig.Remedy);
            return new AgentConfig();
        }
    }

    private async Task LookAtSandboxAsync(AgentConfig config, string? serve, string? library, StatusDocument? running)
    {
        SupervisorOptions options = folder.Supervisor(config, serve, library) with { RemembersTest = false };
        bool isThere = File.Exists(options.ServeProgram) && File.Exists(options.RuntimeLibrary);
        Say(isThere ? "ok"
            : "fail", "programs",
            $"{options.ServeProgram}, {options.RuntimeLibrary}", AgentErrors.ProgramMissing.Remedy);
        Say(options.TfLiteLibrary.Length > 0 ? "ok" : "warn", "tflite",
            options.TfLiteLibrary.Length > 0 ? options.TfLiteLibrary : "no runtime for models in TensorFlow Lite",
            SandboxErrors.LibraryMissing.Remedy);
        Say(options.ImagingFolder.Length > 0 ? "ok" : "warn", "images",
            options.ImagingFolder.Length > 0 ? options.ImagingFolder : "no libraries for graphs that decode images",
            SandboxErrors.LibraryMissing.Remedy);
        if (running is { Sandbox.Length: > 0 })
        {
            Say("ok", "sandbox", $"{running.Sandbox} passed its test when the agent started", "");
            return;
        }

        if (!isThere)
        {
            return;
        }

        using ServeSupervisor supervisor = new(options, time);
        SandboxFacts facts = await supervisor.TestAsync(cancel).ConfigureAwait(false);
        Say(
            facts.Problem is null ? "ok" : config.AllowNoSandbox ? "warn" : "fail",
            "sandbox",
            facts.Problem is { } problem ? $"{problem.Code} {problem.Message}" : facts.Name,
            "install runc (apt-get install runc) and run as root");
        foreach (string missing in facts.Missing)
        {
            Say("warn", "sandbox", missing, "a newer kernel or another configuration of it gives it");
        }
    }

    private void LookAtControlGroups()
    {
        bool isUnified = File.Exists("/sys/fs/cgroup/cgroup.controllers");
        bool isThere = isUnified || Directory.Exists("/sys/fs/cgroup/memory");
        Say(isUnified ? "ok" : isThere ? "warn" : "fail", "cgroups",
            isUnified ? "version 2" : isThere ? "version 1, or both" : "none",
            isThere ? "version 2 is the rule; boot with systemd.unified_cgroup_hierarchy=1" : "mount /sys/fs/cgroup");
    }

    private void LookAtSecurityModules()
    {
        string active = string.Join(", ", PlatformReader.SecurityModules(new InventoryTree(new RealDisk("/"))));
        bool isLeftOut = active.Contains("apparmor", StringComparison.Ordinal) && AppArmor.Loaded().Length == 0;
        Say(isLeftOut ? "warn" : "ok", "lsm",
            active.Length == 0 ? "none that the kernel names"
            : isLeftOut ? $"{active}; no profile {AppArmor.Profile}" : active,
            $"apparmor_parser --replace /etc/apparmor.d/{AppArmor.Profile}");
    }

    private void LookAtDisk()
    {
        try
        {
            long free = folder.Disk.FreeBytes("");
            Say(free >= AgentLimits.FreeBytesMin ? "ok"
                : "fail", "disk", $"{free / Limits.MiB} MiB free in {folder.Disk.Root}", AgentErrors.DiskFull.Remedy);
        }
        catch (DiskException e)
        {
            Say("fail", "disk", e.Message, AgentErrors.DiskFailed.Remedy);
        }
    }

    private Credentials? LookAtIdentity()
    {
        try
        {
            Credentials? credentials = Credentials.Open(folder.Disk);
            if (credentials is null)
            {
                Say("fail", "identity", "not enrolled", AgentErrors.NotEnrolled.Remedy);
                return null;
            }

            DateTime until = credentials.Certificate.NotAfter.ToUniversalTime();
            bool isOver = until < time.GetUtcNow().UtcDateTime;
            Say(isOver ? "warn"
                : "ok", "certificate",
                $"{credentials.Identity.Device}, until {until:u}", AgentErrors.CertificateExpired.Remedy);
            return credentials;
        }
        catch (Exception e) when (e is KedgeException or DiskException)
        {
            Say("fail", "identity", e.Message, AgentErrors.NotEnrolled.Remedy);
            return null;
        }
    }

    private void LookAtClock(Credentials credentials)
    {
        long signed = new DateTimeOffset(credentials.Certificate.NotBefore.ToUniversalTime()).ToUnixTimeMilliseconds();
        long floor = Math.Max(Math.Max(signed, DataFolder.BuiltAtMs), Ledger.Open(folder.Disk).Record.SeenMs);
        long ahead = time.GetUtcNow().ToUnixTimeMilliseconds() - floor;
        bool isWrong = ahead < 0 || ahead > AgentLimits.ClockAheadMax.TotalMilliseconds;
        Say(isWrong ? "warn"
            : "ok", "clock",
            $"{time.GetUtcNow():u}, last signed time {DateTimeOffset.FromUnixTimeMilliseconds(floor):u}",
            AgentErrors.ClockWrong.Remedy);
    }

    private async Task LookAtServerAsync(Credentials credentials)
    {
        (string host, int port) = HostPort.Split(credentials.Link, 8883);
        string? judged = null;
        bool Judge(object _, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            judged = certificate is X509Certificate2 leaf
                ? ServerTrust.Judge(leaf, ServerTrust.Sent(chain), credentials.Root, errors, (
                    time.GetUtcNow().ToUnixTimeMilliseconds(), DataFolder.BuiltAtMs))
                : "it came without a certificate";
            return judged is null;
        }

        try
        {
            Stream stream = await TlsDialer.ConnectAsync((host, port), credentials.Certificate, Judge, time, cancel)
                .ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            Say("ok", "link", $"{credentials.Link} answers and is ours", "");
        }
        catch (IOException e)
        {
            Say("fail", "link", judged
                ?? e.Message, judged is null ? AgentErrors.Unreachable.Remedy : AgentErrors.WrongAuthority.Remedy);
        }

        HttpsArtifactSource source = new(credentials, time, static () => DataFolder.BuiltAtMs);
        FetchOutcome trust = await source.GetTrustAsync(cancel).ConfigureAwait(false);
        string said = trust switch
        {
            FetchOutcome.Done => "trust documents come",
            FetchOutcome.Refused refused => $"{refused.Problem.Code} {refused.Problem.Message}",
            FetchOutcome.RetryLater later => later.Problem.Message,
            FetchOutcome.NotFound missing => missing.Problem.Message,
            _ => throw Check.Unreachable(trust),
        };
        Say(trust is FetchOutcome.Done
            ? "ok"
            : "fail", "content", $"{credentials.Content}: {said}", AgentErrors.Unreachable.Remedy);
    }

    private void Say(string verdict, string what, string found, string remedy)
    {
        _isUnhealthy |= verdict == "fail";
        Console.Out.WriteLine($"{verdict,-5} {what,-12} {found}");
        if (verdict != "ok")
        {
            Console.Out.WriteLine($"      {"",-12} -> {remedy}");
        }
    }
}
