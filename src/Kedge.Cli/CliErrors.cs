using Kedge.Core.Errors;

namespace Kedge.Cli;

/// <summary>What can go wrong in the command line itself.</summary>
public static class CliErrors
{
    /// <summary>Command line not understood.</summary>
    public static readonly ErrorCode Usage = new(
        "KEDGE-CLI-001",
        "The command line cannot be understood.",
        "Run the command with --help to see what it takes.");

    /// <summary>No context.</summary>
    public static readonly ErrorCode NoContext = new(
        "KEDGE-CLI-002",
        "No context says which server to call and how.",
        "Start a server with 'kedge up' or 'kedge server', or take over a context file with 'kedge config "
        + "import FILE'.");

    /// <summary>Context not known.</summary>
    public static readonly ErrorCode UnknownContext = new(
        "KEDGE-CLI-003",
        "There is no context of this name.",
        "'kedge config get-contexts' lists those that there are.");

    /// <summary>Context file damaged.</summary>
    public static readonly ErrorCode ContextFile = new(
        "KEDGE-CLI-004",
        "The file of contexts cannot be read.",
        "Mend the file, or move it away and import a context again.");

    /// <summary>Server unreachable.</summary>
    public static readonly ErrorCode Unreachable = new(
        "KEDGE-CLI-005",
        "The server cannot be reached.",
        "Check that the server runs and that the address of the context is right: 'kedge config view'.");

    /// <summary>Server not trusted.</summary>
    public static readonly ErrorCode NotTrusted = new(
        "KEDGE-CLI-006",
        "The server's certificate was not issued by the root of this context.",
        "Import the context of this server again; if nobody set it up anew, somebody may be in between.");

    /// <summary>Answer unreadable.</summary>
    public static readonly ErrorCode BadAnswer = new(
        "KEDGE-CLI-007",
        "The server's answer cannot be read.",
        "Compare the versions of both sides with 'kedge version'.");

    /// <summary>File not readable.</summary>
    public static readonly ErrorCode File = new(
        "KEDGE-CLI-008",
        "A file cannot be read or written.",
        "Check the path and the permissions.");

    /// <summary>Kind not known.</summary>
    public static readonly ErrorCode Kind = new(
        "KEDGE-CLI-009",
        "There is no such kind of object, or it cannot be used this way.",
        "Use devices, models, deployments, endpoints, tokens, events or signingpolicies.");

    /// <summary>Not found.</summary>
    public static readonly ErrorCode NotFound = new(
        "KEDGE-CLI-010",
        "What was named does not exist.",
        "'kedge get KIND' lists what there is.");

    /// <summary>Time over.</summary>
    public static readonly ErrorCode TimedOut = new(
        "KEDGE-CLI-011",
        "What was waited for did not happen in time.",
        "Look at 'kedge describe' and 'kedge events' for the reason, or wait longer with --timeout.");

    /// <summary>No signing key.</summary>
    public static readonly ErrorCode NoKey = new(
        "KEDGE-CLI-012",
        "There is no key to sign with.",
        "Give one with --key; the first start of a server writes model-signing.key and owner.key into the "
        + "owner's folder.");

    /// <summary>Key unreadable.</summary>
    public static readonly ErrorCode BadKey = new(
        "KEDGE-CLI-013",
        "The file holds no private key on P-256 in PEM.",
        "Make one with 'openssl ecparam -name prime256v1 -genkey -noout', or name another file.");

    /// <summary>Golden samples disagree.</summary>
    public static readonly ErrorCode Golden = new(
        "KEDGE-CLI-014",
        "The model does not give the outputs of its golden samples on this machine.",
        "Correct the model or the samples: every device would refuse it too. --skip-golden-check pushes it all "
        + "the same.");

    /// <summary>Model does not run here.</summary>
    public static readonly ErrorCode NotRunnable = new(
        "KEDGE-CLI-015",
        "The model cannot be run on this machine, so that its golden samples can be neither checked nor recorded.",
        "Give golden samples with --golden and --skip-golden-check, or push from a machine with ONNX Runtime.");

    /// <summary>Rollout failed.</summary>
    public static readonly ErrorCode RolloutFailed = new(
        "KEDGE-CLI-016",
        "The deployment cannot go on: every device serves it or reports a problem that does not go away.",
        "Read the problems above; 'kedge rollout undo' goes back to the revision before.");

    /// <summary>Agent missing.</summary>
    public static readonly ErrorCode NoAgent = new(
        "KEDGE-CLI-017",
        "The agent that 'kedge up' starts was not found.",
        "Install kedge-agent beside kedge or on the PATH, or start a control plane alone with 'kedge server'.");

    /// <summary>Agent ended.</summary>
    public static readonly ErrorCode AgentEnded = new(
        "KEDGE-CLI-018",
        "The agent that 'kedge up' started ended by itself.",
        "Read its output above; 'kedge-agent doctor' says what it misses on this machine.");

    /// <summary>Policy not signable.</summary>
    public static readonly ErrorCode Policy = new(
        "KEDGE-CLI-019",
        "The signing policy cannot be changed this way.",
        "Look at it with 'kedge policy show'.");

    /// <summary>Bug.</summary>
    public static readonly ErrorCode Bug = new(
        "KEDGE-CLI-020",
        "The program met a state that it was not written for.",
        "This is a bug; please report it with the text below.");

    /// <summary>Too little for a reference.</summary>
    public static readonly ErrorCode Reference = new(
        "KEDGE-CLI-021",
        "The samples that were given are too few for a reference.",
        "Give --reference at least 20 samples with numbers; a few hundred find moderate drift, a thousand small one.");

    /// <summary>Variant loses too much.</summary>
    public static readonly ErrorCode VariantLoses = new(
        "KEDGE-CLI-030",
        "A variant's answers are farther from the golden samples than it is allowed.",
        "Leave the variant out, or allow it what it loses with --tolerance NAME=absolute:0.02,relative:0.05,"
        + "agreement:0.99 and such numbers as you accept.");

    /// <summary>Nothing to measure.</summary>
    public static readonly ErrorCode NotMeasured = new(
        "KEDGE-CLI-031",
        "What the variants cost cannot be measured on this machine.",
        "Measure with golden samples, and variants that run on this machine's processor; or push without --measure.");

    /// <summary>File beside the model.</summary>
    public static readonly ErrorCode Sibling = new(
        "KEDGE-CLI-032",
        "A file that a model needs beside it is missing, or is a link or no regular file.",
        "Put the file itself into the model's folder; links are not followed, since they may lead anywhere.");

    /// <summary>Key for model signatures unreadable.</summary>
    public static readonly ErrorCode ModelKey = new(
        "KEDGE-CLI-040",
        "The file holds no key that model signatures can be made or verified with.",
        "Give an ECDSA key on P-256, P-384 or P-521 in PEM: private to sign, either half to verify.");

    /// <summary>Certificate unreadable or of another key.</summary>
    public static readonly ErrorCode Certificate = new(
        "KEDGE-CLI-041",
        "The file holds no certificate in PEM, or the certificate is not for the signing key.",
        "Give the certificate of the key with --certificate, those that issued it with --chain, a root with --root.");

    /// <summary>Variant refused.</summary>
    public static readonly ErrorCode VariantRefused = new(
        "KEDGE-CLI-050",
        "A variant of the model loses more than was allowed, so it was not written.",
        "Leave it out, allow more with --max-loss, or give golden samples of your own with --golden, which show the "
        + "loss better than recorded ones.");

    /// <summary>A variant was not made.</summary>
    public static readonly ErrorCode VariantNotMade = new(
        "KEDGE-CLI-051",
        "ONNX Runtime could not write the model as it would run it.",
        "Leave the variant graph out with --to fp16,int8, or simplify the model before.");

    /// <summary>Not ONNX.</summary>
    public static readonly ErrorCode OnlyOnnx = new(
        "KEDGE-CLI-052",
        "Variants can be made of ONNX models only.",
        "Convert the model to ONNX, or make the variants where it was trained and push them with --variant.");

    /// <summary>Owner key cannot be changed.</summary>
    public static readonly ErrorCode OwnerKey = new(
        "KEDGE-CLI-042",
        "The owner key cannot be changed this way: the server does not follow the keys given, or they are one.",
        "Give the key that counts with --owner-key; 'kedge version' says its id.");

    /// <summary>Version tag names another package.</summary>
    public static readonly ErrorCode VersionTag = new(
        "KEDGE-CLI-060",
        "The tag is a version, and names another package already.",
        "Take the next version; words as stable or production move freely. --force moves a version all the same.");

    /// <summary>Place for an export.</summary>
    public static readonly ErrorCode ExportPlace = new(
        "KEDGE-CLI-061",
        "A package cannot be exported to a digest.",
        "Name a tag: oci://HOST/REPOSITORY:TAG or oci-layout:FOLDER:TAG.");

    /// <summary>Imported package has a name.</summary>
    public static readonly ErrorCode SignedName = new(
        "KEDGE-CLI-062",
        "The signed package has another name than the one that was asked for.",
        "Leave --name out, or have it packaged and signed anew under that name with --sign-anew.");

    /// <summary>Chunk of the server is not what it should be.</summary>
    public static readonly ErrorCode StoredChunk = new(
        "KEDGE-CLI-063",
        "The server sent other bytes for a chunk than those that its digest names.",
        "Its store is damaged: push the package again, or restore a backup.");
}
