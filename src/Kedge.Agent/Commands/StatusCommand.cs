using System.Globalization;
using System.Text;
using System.Text.Json;
using Kedge.Agent.Http;
using Kedge.Agent.Identity;
using Kedge.Agent.Loop;
using Kedge.Agent.State;
using Kedge.Core.Errors;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Commands;

/// <summary><c>kedge-agent status</c>: asks the running agent, or reads what it left.</summary>
internal static class StatusCommand
{
    internal static async Task<int> RunAsync(Arguments arguments, TimeProvider time, CancellationToken cancel)
    {
        DataFolder folder = new(arguments.One("--data"));
        if (!Directory.Exists(folder.Disk.Root) || Credentials.Open(folder.Disk) is not { } credentials)
        {
            throw new KedgeException(AgentErrors.NotEnrolled, $"{folder.Disk.Root} is not enrolled");
        }

        StatusDocument status =
            await AskAsync(folder, time, cancel).ConfigureAwait(false) ?? Remembered(folder, credentials, time);
        switch (arguments.One("-o") ?? arguments.One("--output"))
        {
            case "json":
                Console.Out.WriteLine(JsonSerializer.Serialize(status, AgentJson.Default.StatusDocument));
                break;
            case null or "table":
                Print(status, Console.Out);
                break;
            default:
                throw new KedgeException(AgentErrors.Usage, "-o takes json or table");
        }

        return ExitCodes.Done;
    }

    /// <summary>Asks the running agent; null when none answers.</summary>
    internal static async Task<StatusDocument?> AskAsync(DataFolder folder, TimeProvider time, CancellationToken cancel)
    {
        HttpRequest request = new() { Path = "/status", Host = "agent" };
        HttpAnswer? answer = await LocalCall.AskAsync(folder, request, time, cancel).ConfigureAwait(false);
        try
        {
            return answer is null
                ? null
                : JsonSerializer.Deserialize(answer.Body.Span, AgentJson.Default.StatusDocument);
        }
        catch (JsonException)
        {
            // Something else listens there: the caller reads the ledger.
            return null;
        }
    }

    private static StatusDocument Remembered(DataFolder folder, Credentials credentials, TimeProvider time)
    {
        HoldFile hold = HoldFile.Open(folder.Disk);
        AgentOptions options = new() { AgentVersion = DataFolder.Version, EndpointFolder = folder.Endpoints };
        return new StatusDocument
        {
            Running = false,
            Tenant = credentials.Identity.Tenant.ToString(),
            Device = credentials.Identity.Device.ToString(),
            Server = credentials.Link,
            CertificateUntil = credentials.Certificate.NotAfter.ToUniversalTime()
                .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            Held = hold.IsHeldAt(time.GetUtcNow().ToUnixTimeMilliseconds()) ? HoldCommand.Said(hold) : null,
            Status = StatusReport.Of(Ledger.Open(folder.Disk).Record.Device, null, options, null),
        };
    }

    private static void Print(StatusDocument status, TextWriter output)
    {
        string running = status.Running
            ? $"running, pid {status.Pid}, version {status.AgentVersion}"
            : "not running; this is what it left";
        string link = status.LinkUp ? "up" : status.LinkProblem is { } problem ? $"down: {problem.Message}" : "down";
        output.WriteLine(
            $"Device       {status.Device} (tenant {status.Tenant}){(status.Simulated ? ", simulated" : "")}");
        output.WriteLine(
            $"Agent        {running}");
        output.WriteLine($"Server       {status.Server}, link {link}");
        output.WriteLine($"Certificate  until {status.CertificateUntil}");
        output.WriteLine($"Sandbox      {(status.Sandbox.Length > 0 ? status.Sandbox : "none")}");
        output.WriteLine($"Unsent       {status.Unsent} messages");
        output.WriteLine($"Generation   {status.Status.Generation}{(status.Status.Settled ? ", settled" : "")}");
        if (status.Held is { } held)
        {
            output.WriteLine($"Held         {held}");
        }

        if (status.Status.Refused is { } refused)
        {
            output.WriteLine($"Refused      {refused.Code} {refused.Message}");
        }

        if (status.Status.Workloads.Count > 0)
        {
            output.WriteLine();
            PrintWorkloads(status.Status.Workloads, output);
        }
    }

    private static void PrintWorkloads(IReadOnlyList<WorkloadStatus> workloads, TextWriter output)
    {
        List<string[]> rows = [["WORKLOAD", "PHASE", "SERVES", "INSTANCE", "PID", "ENDPOINT"]];
        rows.AddRange(workloads.Select(static w => new[]
        {
            w.Name, w.Phase, w.ServingPackages.Count == 0 ? "-" : string.Join(',', w.ServingPackages),
            w.Instance.Length == 0 ? "-" : w.Instance, w.Pid.ToString(CultureInfo.InvariantCulture),
            w.Endpoint.Length == 0 ? "-" : w.Endpoint,
        }));
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length))];
        foreach (string[] row in rows)
        {
            StringBuilder line = new();
            for (int column = 0; column < row.Length; column++)
            {
                _ = line.Append(row[column].PadRight(widths[column] + 2));
            }

            output.WriteLine(line.ToString().TrimEnd());
        }

        foreach (WorkloadStatus workload in workloads.Where(static w => w.Problem is not null))
        {
            output.WriteLine($"{workload.Name}: {workload.Problem!.Code} {workload.Problem.Message}");
        }

        foreach (WorkloadStatus workload in workloads)
        {
            foreach (string said in new[] { workload.Swap, workload.Standby }.OfType<string>())
            {
                output.WriteLine($"{workload.Name}: {said}");
            }
        }
    }
}
