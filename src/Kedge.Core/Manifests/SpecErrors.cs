using Kedge.Core.Errors;

namespace Kedge.Core.Manifests;

/// <summary>What can be wrong with a manifest: one code for each rule.</summary>
public static class SpecErrors
{
    /// <summary>No YAML.</summary>
    public static readonly ErrorCode Syntax = new(
        "KEDGE-SPEC-001",
        "The text is neither YAML nor JSON.",
        "Mend the text at the line and column that the message names; indentation by spaces is the usual cause.");

    /// <summary>Too large.</summary>
    public static readonly ErrorCode TooLarge = new(
        "KEDGE-SPEC-002",
        "The manifest is larger than one apply takes.",
        "Apply it in several files.");

    /// <summary>Too many documents.</summary>
    public static readonly ErrorCode TooManyDocuments = new(
        "KEDGE-SPEC-003",
        "The manifest holds more objects than one apply takes.",
        "Apply it in several files.");

    /// <summary>Too deep or too many values.</summary>
    public static readonly ErrorCode TooComplex = new(
        "KEDGE-SPEC-004",
        "The manifest nests deeper or holds more values than any valid one.",
        "Check that the file is a manifest of Kedge.");

    /// <summary>Anchors, aliases and tags.</summary>
    public static readonly ErrorCode Reference = new(
        "KEDGE-SPEC-005",
        "The manifest uses a YAML anchor, alias or type tag, which are refused because a few lines of them can "
        + "swell to gigabytes.",
        "Write the value out where it is used.");

    /// <summary>A field twice.</summary>
    public static readonly ErrorCode DuplicateField = new(
        "KEDGE-SPEC-006",
        "A field is given twice, so that it is unclear which one counts.",
        "Remove one of them.");

    /// <summary>Nothing in it.</summary>
    public static readonly ErrorCode Empty = new(
        "KEDGE-SPEC-007",
        "The manifest holds no object.",
        "Check the name of the file; an object begins with apiVersion and kind.");

    /// <summary>API version not known.</summary>
    public static readonly ErrorCode ApiVersion = new(
        "KEDGE-SPEC-008",
        "The object is of an API version that this version of Kedge does not know.",
        "Write apiVersion: kedge.dev/v1.");

    /// <summary>Kind not known.</summary>
    public static readonly ErrorCode Kind = new(
        "KEDGE-SPEC-009",
        "The object is of a kind that this version of Kedge does not know.",
        "Use one of the kinds in docs/manifests.md.");

    /// <summary>Field not known.</summary>
    public static readonly ErrorCode UnknownField = new(
        "KEDGE-SPEC-010",
        "The object has a field that its kind does not have; a misspelt field would silently do nothing, so it "
        + "is refused.",
        "Correct the name or remove the field; kedge explain KIND lists the fields.");

    /// <summary>Field missing.</summary>
    public static readonly ErrorCode MissingField = new(
        "KEDGE-SPEC-011",
        "A field that must be given is missing.",
        "Add the field that the message names.");

    /// <summary>Wrong type.</summary>
    public static readonly ErrorCode WrongType = new(
        "KEDGE-SPEC-012",
        "A field holds another type of value than it takes.",
        "Give the type that the message names; put numbers and words as true and null in quotes where a text is "
        + "meant.");

    /// <summary>Out of range.</summary>
    public static readonly ErrorCode Range = new(
        "KEDGE-SPEC-013",
        "A number, amount or text is outside the bounds of its field.",
        "Bring it within the bounds that the message states.");

    /// <summary>Not one of the words.</summary>
    public static readonly ErrorCode Word = new(
        "KEDGE-SPEC-014",
        "A field that takes one of a few words holds another.",
        "Use one of the words that the message lists; upper and lower case count.");

    /// <summary>Bad name.</summary>
    public static readonly ErrorCode Name = new(
        "KEDGE-SPEC-015",
        "A name is empty, too long, or holds characters other than a-z, 0-9 and the hyphen.",
        "Use 1 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit.");

    /// <summary>Bad label.</summary>
    public static readonly ErrorCode Label = new(
        "KEDGE-SPEC-016",
        "A label's key or value breaks the rules of labels.",
        "Use up to 63 letters, digits, hyphens, underscores and dots, first and last a letter or digit.");

    /// <summary>Bad quantity.</summary>
    public static readonly ErrorCode Amount = new(
        "KEDGE-SPEC-017",
        "An amount of memory, CPU or time cannot be read.",
        "Write memory as 256Mi or 4Gi, CPU as 500m or 2, time as 30m or 24h.");

    /// <summary>Bad package reference.</summary>
    public static readonly ErrorCode Package = new(
        "KEDGE-SPEC-018",
        "A package is named neither by tag nor by digest.",
        "Write name:tag, name@sha256:digest or sha256:digest.");

    /// <summary>Bad list of processors.</summary>
    public static readonly ErrorCode CpuSet = new(
        "KEDGE-SPEC-019",
        "The list of processors cannot be read.",
        "Write auto, or a list as 0-1,3.");

    /// <summary>Selector expression in itself contradictory.</summary>
    public static readonly ErrorCode Selector = new(
        "KEDGE-SPEC-020",
        "An expression of the selector has values where its operator takes none, or none where it needs some.",
        "Give values with In and NotIn, and none with Exists and DoesNotExist.");

    /// <summary>Too many or too few.</summary>
    public static readonly ErrorCode Count = new(
        "KEDGE-SPEC-021",
        "A list or set of labels has too many or too few entries.",
        "Bring the number within the bounds that the message states.");

    /// <summary>Request above limit.</summary>
    public static readonly ErrorCode RequestAboveLimit = new(
        "KEDGE-SPEC-022",
        "A workload asks for more than it may use.",
        "Lower the request or raise the limit.");

    /// <summary>Endpoint in itself contradictory.</summary>
    public static readonly ErrorCode Endpoint = new(
        "KEDGE-SPEC-023",
        "The endpoint has a port and is a Unix socket, or is neither.",
        "Give a port with expose: loopback and none with expose: unix.");

    /// <summary>Same object twice.</summary>
    public static readonly ErrorCode DuplicateObject = new(
        "KEDGE-SPEC-024",
        "Two objects of one kind have the same name.",
        "Rename or remove one of them.");

    /// <summary>Same value twice in a list.</summary>
    public static readonly ErrorCode DuplicateValue = new(
        "KEDGE-SPEC-025",
        "A list names the same thing twice.",
        "Remove one of the two.");

    /// <summary>Same port on the same devices.</summary>
    public static readonly ErrorCode PortConflict = new(
        "KEDGE-SPEC-026",
        "Two deployments ask for the same port on the same devices.",
        "Give one of them another port, or expose: unix.");

    /// <summary>Policy both signed and not.</summary>
    public static readonly ErrorCode Policy = new(
        "KEDGE-SPEC-027",
        "A signing policy is given both signed and in the clear, or neither, or in a form that cannot be read.",
        "Give version and rules to have it signed by kedge policy sign, or the signed envelope alone to apply it.");

    /// <summary>Bad public key or digest.</summary>
    public static readonly ErrorCode Key = new(
        "KEDGE-SPEC-028",
        "A digest or public key cannot be read, or a key's digest is not its name.",
        "Write a digest as sha256: and 64 hex digits, and a public key as base64 of its DER SubjectPublicKeyInfo.");

    /// <summary>Strategy in itself contradictory.</summary>
    public static readonly ErrorCode Strategy = new(
        "KEDGE-SPEC-029",
        "The strategy contradicts itself, or names what its type does not have.",
        "`kedge explain schema Deployment` lists the fields; waves grow, and a canary has a count or a percent.");

    /// <summary>Site in itself contradictory.</summary>
    public static readonly ErrorCode Site = new(
        "KEDGE-SPEC-030",
        "The bandwidth of a site contradicts itself, or names no time zone.",
        "`kedge explain schema Site` lists the fields; a window opens and closes at different times, and no device may "
        + "take more than all of them together.");

    /// <summary>Versions in themselves contradictory.</summary>
    public static readonly ErrorCode Versions = new(
        "KEDGE-SPEC-033",
        "The versions of a model contradict each other or its package, or none are named.",
        "Write one of latest, all: true and listed, and as package the model alone, as package: bearing.");

    /// <summary>Priorities in themselves contradictory.</summary>
    public static readonly ErrorCode Priority = new(
        "KEDGE-SPEC-034",
        "The level of requests that name none is no level of the model.",
        "Give defaultPriority a number from 1 to the number of priorities, or leave it out for the last.");
}
