using Kedge.Agent.Identity;
using Kedge.Agent.Native;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Agent.Commands;

/// <summary><c>kedge-agent enroll</c>.</summary>
internal static class EnrollCommand
{
    internal static async Task<int> RunAsync(Arguments arguments, TimeProvider time, CancellationToken cancel)
    {
        string? text = arguments.One("--token") ?? Environment.GetEnvironmentVariable("KEDGE_ENROL_TOKEN");
        EnrolmentTicket ticket = EnrolmentTicket.TryParse(text ?? "")
            ?? throw new KedgeException(
                AgentErrors.BadToken, text is null ? "--token is missing" : "it is not a token, or a part of one");
        string name = arguments.One("--name") ?? "";
        if (name.Length > 0 && !Ids.IsName(name))
        {
            throw new KedgeException(AgentErrors.Usage, "--name takes 1..63 of a-z 0-9 and -, not at its ends");
        }

        DataFolder folder = new(arguments.One("--data"));
        folder.Create();
        folder.Lock();
        if (Credentials.Open(folder.Disk) is { } already)
        {
            throw new KedgeException(AgentErrors.AlreadyEnrolled, $"{folder.Disk.Root} is {already.Identity.Device}");
        }

        Credentials made = await new Enroller(folder.Disk, time, DataFolder.BuiltAtMs).EnrolAsync(
            ticket, arguments.One("--server") ?? "", name, Labels(arguments.All("--label")), cancel)
                .ConfigureAwait(false);
        _ = AgentLibc.ChangeMode(folder.Disk.HostPath("identity/key.pem"), 0x180); // rw for the owner alone
        Console.Out.WriteLine($"{made.Identity.Device} is enrolled with {made.Link}.");
        return ExitCodes.Done;
    }

    private static Dictionary<string, string> Labels(IReadOnlyList<string> words)
    {
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new KedgeException(AgentErrors.Usage, $"--label takes key=value, not '{word}'");
            }

            labels[word[..equals]] = word[(equals + 1)..];
        }

        return labels;
    }
}
