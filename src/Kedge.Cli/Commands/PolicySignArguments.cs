using System.CommandLine;

namespace Kedge.Cli.Commands;

/// <summary>What <c>kedge policy sign</c> takes.</summary>
internal sealed class PolicySignArguments
{
    public Option<string> File { get; } = new("--filename", "-f")
    {
        Description = "Policy in the clear; without it the server's policy is changed by the options below.",
        HelpName = "FILE",
    };

    public Option<string[]> AllowKey { get; } = new("--allow-key")
    {
        Description = "Public key (PEM) that may sign from now on.",
        HelpName = "FILE",
    };

    public Option<string[]> RevokeKey { get; } = new("--revoke-key")
    {
        Description = "Key that may sign no more, by its id or the first 8 or more digits of it.",
        HelpName = "KEY",
    };

    public Option<string[]> Models { get; } = new("--models")
    {
        Description = "Models that an allowed key may sign, as bearing or press-*. Default: *.",
        HelpName = "PATTERN",
    };

    public Option<string> Expires { get; } = new("--expires")
    {
        Description = "When the policy expires: a time from now, as 180d, a point in time, or never. As before when "
            + "left out.",
        HelpName = "TIME",
    };

    public Option<string> KeyEnds { get; } = new("--key-ends")
    {
        Description = "When an allowed key ends: a time from now, a point in time, or never. Default: never.",
        HelpName = "TIME",
    };

    public Option<string> Reason { get; } = new("--reason") { Description = "Why, for people.", HelpName = "TEXT" };

    public Option<string> OwnerKey { get; } = new("--owner-key")
    {
        Description = "The owner key (PEM); owner.key of the owner's folder when left out.",
        HelpName = "FILE",
    };

    public Option<bool> Apply { get; } = new("--apply") { Description = "Give it to the server at once." };

    public void AddTo(Command command)
    {
        command.Add(File);
        command.Add(AllowKey);
        command.Add(RevokeKey);
        command.Add(Models);
        command.Add(Expires);
        command.Add(KeyEnds);
        command.Add(Reason);
        command.Add(OwnerKey);
        command.Add(Apply);
    }
}
