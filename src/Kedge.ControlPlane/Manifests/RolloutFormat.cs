using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Manifests;
using Kedge.Core.Rollouts;

namespace Kedge.ControlPlane.Manifests;

/// <summary>
/// How the store keeps where a rollout stands: one object of JSON with the stable revision's spec whole inside, as
/// <see cref="DeploymentFormat"/> writes it. Members that do not say anything are left out; members that are not known
/// are refused, as what they mean would be lost with the next write.
/// </summary>
public static class RolloutFormat
{
    /// <summary>One line of JSON, always the same for the same state.</summary>
    public static string Write(RolloutState state)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("target", state.Target);
            json.WriteString("phase", Of(state.Phase));
            json.WriteNumber("wave", state.Wave);
            json.WriteNumber("soakFromMs", state.SoakFromMs);
            json.WriteNumber("startedAtMs", state.StartedAtMs);
            json.WriteNumber("changedAtMs", state.ChangedAtMs);
            json.WriteBoolean("promoted", state.Promoted);
            json.WriteString("code", state.Code);
            json.WriteString("reason", state.Reason);
            if (state.Stable is { } stable)
            {
                json.WriteStartObject("stable");
                json.WriteNumber("revision", stable.Revision);
                json.WritePropertyName("spec");
                json.WriteRawValue(DeploymentFormat.Write(stable.Spec));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false when it is anything else.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out RolloutState? state)
    {
        state = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                text, new JsonDocumentOptions { MaxDepth = ManifestLimits.DepthMax + 4 });
            state = Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            // A row that holds anything else is unreadable: the caller quarantines it.
            return false;
        }

        return state is not null;
    }

    /// <summary>The word of a phase.</summary>
    public static string Of(RolloutPhase phase) => phase switch
    {
        RolloutPhase.Progressing => "progressing",
        RolloutPhase.Paused => "paused",
        RolloutPhase.RollingBack => "rollingBack",
        RolloutPhase.RolledBack => "rolledBack",
        RolloutPhase.Complete => "complete",
        RolloutPhase.Unknown => throw Check.Unreachable(phase),
    };

    private static RolloutPhase Phase(string? word) => word switch
    {
        "progressing" => RolloutPhase.Progressing,
        "paused" => RolloutPhase.Paused,
        "rollingBack" => RolloutPhase.RollingBack,
        "rolledBack" => RolloutPhase.RolledBack,
        "complete" => RolloutPhase.Complete,
        _ => RolloutPhase.Unknown,
    };

    private static RolloutState? Read(JsonElement root)
    {
        bool hasStable = root.TryGetProperty("stable", out JsonElement stable);
        const int MembersWithoutStable = 9;
        RolloutState state = new()
        {
            Target = root.GetProperty("target").GetInt64(),
            Phase = Phase(root.GetProperty("phase").GetString()),
            Wave = root.GetProperty("wave").GetInt32(),
            SoakFromMs = root.GetProperty("soakFromMs").GetInt64(),
            StartedAtMs = root.GetProperty("startedAtMs").GetInt64(),
            ChangedAtMs = root.GetProperty("changedAtMs").GetInt64(),
            Promoted = root.GetProperty("promoted").GetBoolean(),
            Code = root.GetProperty("code").GetString() ?? "",
            Reason = root.GetProperty("reason").GetString() ?? "",
            Stable = hasStable ? ReadStable(stable) : null,
        };
        bool isWhole = root.EnumerateObject().Count() == MembersWithoutStable + (hasStable ? 1 : 0)
            && hasStable == state.Stable is not null;
        bool isInRange = state.Target > 0 && state.Wave >= 0 && state.SoakFromMs >= 0 && state.StartedAtMs >= 0
            && state.ChangedAtMs >= 0 && state.Phase != RolloutPhase.Unknown
            && (state.Stable is null || state.Stable.Revision <= state.Target)
            && (state.Phase != RolloutPhase.Complete || state.Stable is not null);
        return isWhole && isInRange ? state : null;
    }

    private static StableRevision? ReadStable(JsonElement stable)
    {
        long revision = stable.GetProperty("revision").GetInt64();
        return revision > 0 && DeploymentFormat.TryRead(stable.GetProperty("spec").GetRawText(), out var spec)
            ? new StableRevision(revision, spec)
            : null;
    }
}
