using System.Buffers;
using System.Text.Json;
using Kedge.Core.Borders;
using Kedge.Core.Errors;

namespace Kedge.Agent.State;

/// <summary>
/// Whether somebody holds the device, why and until when; whole after any cut. Where the newest copy cannot be read the
/// device counts as held: to change nothing is the safe mistake.
/// </summary>
internal sealed class HoldFile
{
    private const string Unreadable = "what was said last cannot be read";
    private readonly SafeFile _file;

    private HoldFile(IDisk disk) => _file = new SafeFile(disk, "state", "hold");

    /// <summary>True while the device is held, unless <see cref="UntilMs"/> has passed.</summary>
    internal bool IsHeld { get; private set; }

    /// <summary>Why; empty when nothing was said.</summary>
    internal string Reason { get; private set; } = "";

    /// <summary>When it ends, Unix milliseconds UTC by the device's clock; 0 for never.</summary>
    internal long UntilMs { get; private set; }

    /// <summary>True while the device is held and that has not ended by itself.</summary>
    internal bool IsHeldAt(long nowMs) => IsHeld && (UntilMs == 0 || nowMs < UntilMs);

    internal static HoldFile Open(IDisk disk)
    {
        HoldFile hold = new(disk);
        SafeFile.Loaded loaded = hold._file.Load();
        if (loaded.Damaged > 0 && !loaded.IsNewest)
        {
            (hold.IsHeld, hold.Reason) = (true, Unreadable);
        }
        else if (loaded.Content is { } content)
        {
            hold.Read(content);
        }

        return hold;
    }

    /// <summary>Holds or releases. Null when that is durable, else why not; then nothing has changed.</summary>
    internal Finding? Set(bool isHeld, string reason, long untilMs)
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("held", isHeld);
            json.WriteString("reason", reason);
            json.WriteNumber("untilMs", untilMs);
            json.WriteEndObject();
        }

        try
        {
            _file.Save(buffer.WrittenSpan);
        }
        catch (DiskException e)
        {
            return AgentErrors.DiskFailed.At(e.Message);
        }

        (IsHeld, Reason, UntilMs) = (isHeld, reason, untilMs);
        return null;
    }

    private void Read(byte[] content)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(content);
            IsHeld = json.RootElement.GetProperty("held").GetBoolean();
            Reason = json.RootElement.GetProperty("reason").GetString() ?? "";
            UntilMs = json.RootElement.GetProperty("untilMs").GetInt64();
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException
            or KeyNotFoundException)
        {
            (IsHeld, Reason) = (true, Unreadable);
        }
    }
}
