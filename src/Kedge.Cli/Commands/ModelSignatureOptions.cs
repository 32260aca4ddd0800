using System.CommandLine;

namespace Kedge.Cli.Commands;

/// <summary>Options that commands about model signatures share.</summary>
internal static class ModelSignatureOptions
{
    public static Option<string> Signature(string what) => new("--signature")
    {
        Description = $"{what}: model.sig in the folder, or the file's name with .sig, when left out.",
        HelpName = "FILE",
    };

    public static Option<string[]> Ignore(string what) => new("--ignore")
    {
        Description = "Path below the folder that is no part of the model, with all that lies in it; may be given "
            + $"more than once. {what}. Files of version control are left out anyway.",
        HelpName = "PATH",
    };
}
