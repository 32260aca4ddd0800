using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Wire.Desired;

namespace Kedge.Agent.State;

/// <summary>The JSON of the ledger: one line. Volatile members are not written; unknown fields are skipped.</summary>
internal static class LedgerFormat
{
    private const int Version = 1;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16 };

    internal static byte[] Write(LedgerRecord record)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        using (Utf8JsonWriter json = new(buffer))
        {
            DeviceState device = record.Device;
            json.WriteStartObject();
            json.WriteNumber("v", Version);
            json.WriteNumber("sequence", record.Sequence);
            json.WriteNumber("seenMs", record.SeenMs);
            json.WriteNumber("generation", device.Generation.Value);
            json.WriteString("content", device.Content.ToString());
            json.WriteNumber("lastInstance", device.LastInstance);
            json.WriteNumber("uncleanStarts", device.UncleanStarts);
            json.WriteString("runtime", device.Runtime);
            json.WriteStartArray("workloads");
            foreach (WorkloadState workload in device.InOrder)
            {
                WriteWorkload(json, workload);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        Check.That(buffer.WrittenCount <= AgentLimits.StateBytesMax);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null when it is none of ours.</summary>
    internal static LedgerRecord? TryRead(ReadOnlyMemory<byte> content)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content, Strict);
            return ReadRecord(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException
            or KeyNotFoundException or InvariantException)
        {
            return null;
        }
    }

    private static LedgerRecord ReadRecord(JsonElement json)
    {
        if (json.GetProperty("v").GetInt32() != Version)
        {
            throw new FormatException("version");
        }

        return new LedgerRecord
        {
            Sequence = json.GetProperty("sequence").GetInt64(),
            SeenMs = json.GetProperty("seenMs").GetInt64(),
            Device = new DeviceState
            {
                Generation = new Generation(json.GetProperty("generation").GetInt64()),
                Content = ReadDigest(json, "content"),
                LastInstance = json.GetProperty("lastInstance").GetInt64(),
                UncleanStarts = json.GetProperty("uncleanStarts").GetInt32(),
                Runtime = Text(json, "runtime"),
                Workloads = ReadWorkloads(json.GetProperty("workloads")),
            },
        };
    }

    private static ImmutableSortedDictionary<DeploymentId, WorkloadState> ReadWorkloads(JsonElement json)
    {
        ImmutableSortedDictionary<DeploymentId, WorkloadState>.Builder workloads =
            ImmutableSortedDictionary.CreateBuilder<DeploymentId, WorkloadState>();
        foreach (JsonElement entry in json.EnumerateArray())
        {
            WorkloadState workload = ReadWorkload(entry);
            workloads.Add(workload.Name, workload);
        }

        return workloads.ToImmutable();
    }

    private static void WriteWorkload(Utf8JsonWriter json, WorkloadState workload)
    {
        json.WriteStartObject();
        json.WriteString("name", workload.Name.ToString());
        json.WriteNumber("phase", (int)workload.Phase);
        json.WriteNumber("targetGeneration", workload.TargetGeneration.Value);
        json.WriteNumber("failuresInRow", workload.FailuresInRow);
        if (workload.Unwanted)
        {
            json.WriteBoolean("unwanted", true);
        }

        WriteSpec(json, "target", workload.Target);
        WriteSpec(json, "attempt", workload.Attempt);
        WriteSpec(json, "lastGood", workload.LastGood);
        WriteSpec(json, "goodBefore", workload.GoodBefore);
        WriteInstance(json, "current", workload.Current);
        WriteInstance(json, "candidate", workload.Candidate);
        WriteInstance(json, "standby", workload.Standby);
        WriteProblem(json, workload.Problem);
        json.WriteStartArray("draining");
        foreach (InstanceState instance in workload.Draining)
        {
            WriteInstance(json, null, instance);
        }

        json.WriteEndArray();
        json.WriteStartArray("quarantined");
        foreach (Quarantine entry in workload.Quarantined)
        {
            json.WriteStartObject();
            json.WriteString("release", entry.Release.ToString());
            json.WriteNumber("generation", entry.Generation.Value);
            json.WriteNumber("revision", entry.Revision);
            WriteProblem(json, entry.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WritePasses(json, "passed", workload.Passed);
        if (!workload.Shadowed.IsEmpty)
        {
            WritePasses(json, "shadowed", workload.Shadowed);
        }

        json.WriteEndObject();
    }

    private static void WritePasses(Utf8JsonWriter json, string field, ImmutableArray<PreflightPass> passes)
    {
        json.WriteStartArray(field);
        foreach (PreflightPass pass in passes)
        {
            json.WriteStartObject();
            json.WriteString("release", pass.Release.ToString());
            json.WriteString("runtime", pass.Runtime);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static ImmutableArray<PreflightPass> ReadPasses(JsonElement passes) =>
    [
        .. passes.EnumerateArray().Select(static p => new PreflightPass(ReadDigest(p, "release"), Text(p, "runtime"))),
    ];

    private static WorkloadState ReadWorkload(JsonElement json) => new()
    {
        Name = new DeploymentId(Text(json, "name")),
        Phase = (WorkloadPhase)json.GetProperty("phase").GetInt32(),
        TargetGeneration = new Generation(json.GetProperty("targetGeneration").GetInt64()),
        FailuresInRow = json.GetProperty("failuresInRow").GetInt32(),
        Unwanted = json.TryGetProperty("unwanted", out JsonElement unwanted) && unwanted.GetBoolean(),
        Target = ReadSpec(json, "target"),
        Attempt = ReadSpec(json, "attempt"),
        LastGood = ReadSpec(json, "lastGood"),
        GoodBefore = ReadSpec(json, "goodBefore"),
        Current = json.TryGetProperty("current", out JsonElement current) ? ReadInstance(current) : null,
        Candidate = json.TryGetProperty("candidate", out JsonElement candidate) ? ReadInstance(candidate) : null,
        Standby = json.TryGetProperty("standby", out JsonElement standby) ? ReadInstance(standby) : null,
        Problem = ReadProblem(json),
        Draining = [.. json.GetProperty("draining").EnumerateArray().Select(ReadInstance)],
        Quarantined = [.. json.GetProperty("quarantined").EnumerateArray().Select(static q => new Quarantine(
            ReadDigest(q, "release"),
            new Generation(q.GetProperty("generation").GetInt64()),
            q.GetProperty("revision").GetInt64(),
            ReadProblem(q) ?? new Problem("", "")))],
        Passed = ReadPasses(json.GetProperty("passed")),
        Shadowed = json.TryGetProperty("shadowed", out JsonElement shadowed) ? ReadPasses(shadowed) : [],
    };

    private static void WriteInstance(Utf8JsonWriter json, string? field, InstanceState? instance)
    {
        if (instance is null)
        {
            return;
        }

        if (field is not null)
        {
            json.WritePropertyName(field);
        }

        json.WriteStartObject();
        json.WriteString("id", instance.Id.ToString());
        json.WriteNumber("pid", instance.Pid);
        json.WriteNumber("startTicks", instance.StartTicks);
        json.WriteString("nonce", instance.Nonce);
        json.WriteBoolean("proven", instance.Proven);
        if (instance.Thawed)
        {
            json.WriteBoolean("thawed", true);
        }

        WriteSpec(json, "spec", instance.Spec);
        json.WriteEndObject();
    }

    private static InstanceState ReadInstance(JsonElement json)
    {
        if (!InstanceId.TryParse(Text(json, "id"), out InstanceId id))
        {
            throw new FormatException("id");
        }

        return new InstanceState
        {
            Id = id,
            Pid = json.GetProperty("pid").GetInt32(),
            StartTicks = json.GetProperty("startTicks").GetInt64(),
            Nonce = Text(json, "nonce"),
            Proven = json.GetProperty("proven").GetBoolean(),
            Thawed = json.TryGetProperty("thawed", out JsonElement thawed) && thawed.GetBoolean(),
            Spec = ReadSpec(json, "spec") ?? throw new FormatException("spec"),
        };
    }

    private static void WriteSpec(Utf8JsonWriter json, string field, WorkloadSpec? spec)
    {
        if (spec is not null)
        {
            json.WritePropertyName(field);
            DesiredMessage.WriteWorkload(json, spec, forDigest: false);
        }
    }

    private static WorkloadSpec? ReadSpec(JsonElement json, string field) =>
        json.TryGetProperty(field, out JsonElement spec) ? DesiredMessage.ReadWorkload(spec) : null;

    private static void WriteProblem(Utf8JsonWriter json, Problem? problem)
    {
        if (problem is not null)
        {
            json.WriteStartObject("problem");
            json.WriteString("code", problem.Code);
            json.WriteString("message", problem.Message);
            json.WriteEndObject();
        }
    }

    private static Problem? ReadProblem(JsonElement json) => json.TryGetProperty("problem", out JsonElement problem)
        ? new Problem(Text(problem, "code"), Text(problem, "message"))
        : null;

    private static Digest ReadDigest(JsonElement json, string field) =>
        Digest.TryParse(Text(json, field), out Digest digest) ? digest : default;

    private static string Text(JsonElement json, string field) => json.GetProperty(field).GetString() ?? "";
}
