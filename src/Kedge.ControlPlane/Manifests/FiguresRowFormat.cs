using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Measure;
using Kedge.Store;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Manifests;

/// <summary>
/// How the store keeps what a device measured of one workload: a list of windows, oldest first, each as it was told and
/// with the time when it was first heard of. A row that holds anything else counts as empty: the device tells its
/// newest windows again and replaces it.
/// </summary>
public static class FiguresRowFormat
{
    private const int MembersBeside = 2;
    private const int WindowsMax = (FigureLog.WindowsPerReleaseMax + 1) * FigureLog.ReleasesMax;

    /// <summary>One line of JSON, always the same for the same windows.</summary>
    public static string Write(ImmutableArray<FigureWindow> windows)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartArray();
            foreach (FigureWindow window in windows)
            {
                json.WriteStartObject();
                json.WriteNumber("heardMs", window.HeardMs);
                json.WriteNumber("folded", window.Folded);
                FiguresFormat.WriteFields(json, window);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; empty when it is anything else.</summary>
    /// <param name="text">The row's text.</param>
    /// <param name="deployment">Whose row it is: every instance in it is one of that.</param>
    public static ImmutableArray<FigureWindow> Read(string text, DeploymentId deployment)
    {
        if (text.Length > StoreLimits.FiguresCharsMax)
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 3 });
            if (document.RootElement.GetArrayLength() > WindowsMax)
            {
                return [];
            }

            FigureWindow[] windows = [.. document.RootElement.EnumerateArray().Select(Window)];
            return windows.All(w => w.Instance.Workload == deployment) ? [.. windows] : [];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return [];
        }
    }

    private static FigureWindow Window(JsonElement json)
    {
        long heardMs = json.GetProperty("heardMs").GetInt64();
        int folded = json.GetProperty("folded").GetInt32();
        FigureWindow told = FiguresFormat.ReadFields(json);
        return heardMs >= 0 && folded >= 0
            && json.EnumerateObject().Count() == MembersBeside + FiguresFormat.FieldsOf(told)
            ? told with { HeardMs = heardMs, Folded = folded }
            : throw new FormatException("a window that the store never writes");
    }
}
