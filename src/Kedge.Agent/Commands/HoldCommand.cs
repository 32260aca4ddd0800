using System.Globalization;
using System.Text;
using Kedge.Agent.Http;
using Kedge.Agent.Loop;
using Kedge.Agent.State;
using Kedge.Core.Errors;
using Kedge.Core.Manifests;

namespace Kedge.Agent.Commands;

/// <summary>
/// <c>kedge-agent hold</c> and <c>kedge-agent release</c>: keep what serves as it is, whatever the server asks for, and
/// let it go on. When the command ends well it is durable and in force; the running agent is told, and where none runs
/// the next one finds it.
/// </summary>
internal static class HoldCommand
{
    /// <summary>Path of the agent's socket that holds; a query says why and for how long.</summary>
    internal const string HoldPath = "/hold";

    /// <summary>Path of the agent's socket that releases.</summary>
    internal const string ReleasePath = "/release";

    internal static async Task<int> RunAsync(Arguments arguments, TimeProvider time, CancellationToken cancel)
    {
        DataFolder folder = new(arguments.One("--data"));
        if (!Directory.Exists(folder.Disk.Root))
        {
            throw new KedgeException(AgentErrors.NotEnrolled, $"{folder.Disk.Root} is not enrolled");
        }

        bool isHold = arguments.Command == "hold";
        string reason = arguments.One("--reason") ?? "";
        TimeSpan? length = Length(arguments.One("--for"));
        if (!IsReason(reason))
        {
            throw new KedgeException(
                AgentErrors.Usage, $"--reason takes one line of at most {AgentLimits.HoldReasonCharsMax} characters");
        }

        HttpRequest request = new()
        {
            Method = "POST",
            Path = isHold ? Path(reason, length) : ReleasePath,
            Host = "agent",
        };
        if (await LocalCall.AskAsync(folder, request, time, cancel).ConfigureAwait(false) is not { } answer)
        {
            folder.Lock();
            HoldFile file = HoldFile.Open(folder.Disk);
            Finding? finding = file.Set(
                isHold, reason, length is { } l ? (time.GetUtcNow() + l).ToUnixTimeMilliseconds() : 0);
            folder.Unlock();
            Console.Out.WriteLine(finding is null
                ? $"{Said(file)} (no agent runs; the next one heeds it)"
                : throw new KedgeException(AgentErrors.HoldNotTaken, finding.Message));
            return ExitCodes.Done;
        }

        string text = Encoding.UTF8.GetString(answer.Body.Span).Trim();
        if (answer.Status != 200)
        {
            throw new KedgeException(AgentErrors.HoldNotTaken, text);
        }

        Console.Out.WriteLine(text);
        return ExitCodes.Done;
    }

    /// <summary>What a hold of this file says of itself.</summary>
    internal static string Said(HoldFile file) => file.IsHeld ? HoldsDesk.Words(file, new AgentOptions()) : "released";

    /// <summary>True for a text that may say why.</summary>
    internal static bool IsReason(string text)
    {
        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                return false;
            }
        }

        return text.Length <= AgentLimits.HoldReasonCharsMax;
    }

    /// <summary>Reads what <see cref="Path"/> wrote; null when it is none of ours.</summary>
    internal static (string Reason, TimeSpan? Length)? TryRead(string query)
    {
        string[] parts = query.Split('&');
        if (parts.Length != 2 || !long.TryParse(
            parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || seconds > AgentLimits.HoldSecondsMax)
        {
            return null;
        }

        string reason = Uri.UnescapeDataString(parts[1]);
        return IsReason(reason) ? (reason, seconds > 0 ? TimeSpan.FromSeconds(seconds) : null) : null;
    }

    private static string Path(string reason, TimeSpan? length) => string.Create(
        CultureInfo.InvariantCulture,
        $"{HoldPath}?{(long)(length ?? TimeSpan.Zero).TotalSeconds}&{Uri.EscapeDataString(reason)}");

    private static TimeSpan? Length(string? text) => text is null ? null
        : Lifetime.TryParse(text, out TimeSpan length) && length > TimeSpan.Zero
            && length.TotalSeconds <= AgentLimits.HoldSecondsMax ? length
        : throw new KedgeException(AgentErrors.Usage, "--for takes a time as 30m, 2h or 7d, at most 365d");
}
