//! What titles are made of.

/// A genre with the words that its titles like.
pub(super) struct Genre {
    /// As MovieLens writes it.
    pub name: &'static str,
    /// Things.
    pub nouns: &'static [&'static str],
}

/// The genres of the made-up catalogue.
pub(super) const GENRES: &[Genre] = &[
    Genre { name: "Action", nouns: &["Pursuit", "Ambush", "Convoy", "Vendetta", "Bullet", "Outpost"] },
    Genre { name: "Adventure", nouns: &["Expedition", "Compass", "Island", "Caravan", "Summit", "Treasure"] },
    Genre { name: "Animation", nouns: &["Lantern", "Kite", "Clockwork", "Snowman", "Puppet", "Rainbow"] },
    Genre { name: "Children", nouns: &["Puppy", "Treehouse", "Holiday", "Balloon", "Bicycle", "Pony"] },
    Genre { name: "Comedy", nouns: &["Wedding", "Neighbours", "Cousin", "Landlord", "Picnic", "Moustache"] },
    Genre { name: "Crime", nouns: &["Heist", "Alibi", "Ransom", "Informer", "Racket", "Getaway"] },
    Genre {
        name: "Documentary",
        nouns: &["Harvest", "River", "Archive", "Glacier", "Workshop", "Migration"],
    },
    Genre { name: "Drama", nouns: &["Letter", "Daughter", "Promise", "Orchard", "Silence", "Inheritance"] },
    Genre { name: "Fantasy", nouns: &["Dragon", "Enchantress", "Realm", "Amulet", "Prophecy", "Unicorn"] },
    Genre { name: "Film-Noir", nouns: &["Shadow", "Cigarette", "Alley", "Stranger", "Nightclub", "Blonde"] },
    Genre { name: "Horror", nouns: &["Cellar", "Whisper", "Grave", "Asylum", "Scarecrow", "Howl"] },
    Genre { name: "Musical", nouns: &["Melody", "Chorus", "Overture", "Waltz", "Encore", "Trumpet"] },
    Genre { name: "Mystery", nouns: &["Cipher", "Witness", "Locket", "Corridor", "Clue", "Masquerade"] },
    Genre { name: "Romance", nouns: &["Kiss", "Summer", "Rendezvous", "Valentine", "Heart", "Serenade"] },
    Genre { name: "Sci-Fi", nouns: &["Orbit", "Android", "Colony", "Signal", "Nebula", "Paradox"] },
    Genre { name: "Thriller", nouns: &["Deadline", "Hostage", "Conspiracy", "Passenger", "Trap", "Suspect"] },
    Genre { name: "War", nouns: &["Battalion", "Trench", "Ceasefire", "Bridge", "Squadron", "Siege"] },
    Genre { name: "Western", nouns: &["Saddle", "Sheriff", "Canyon", "Stagecoach", "Outlaw", "Prairie"] },
];

/// What things are like.
pub(super) const ADJECTIVES: &[&str] = &[
    "Last",
    "Golden",
    "Forgotten",
    "Silent",
    "Crimson",
    "Broken",
    "Endless",
    "Hidden",
    "Midnight",
    "Borrowed",
    "Burning",
    "Distant",
    "Frozen",
    "Gentle",
    "Hollow",
    "Invisible",
    "Lonely",
    "Perfect",
    "Restless",
    "Stolen",
];

/// Where things are.
pub(super) const PLACES: &[&str] = &[
    "Lisbon",
    "Vermont",
    "the Moon",
    "Marrakesh",
    "the North",
    "Buenos Aires",
    "Elm Street",
    "the Harbour",
    "Saint Petersburg",
    "the Valley",
    "Kyoto",
    "the Seventh Floor",
    "Galway",
    "the Desert",
    "Trieste",
];

/// Whose things are.
pub(super) const NAMES: &[&str] = &[
    "Ada", "Bruno", "Clara", "Dimitri", "Eleanor", "Felix", "Greta", "Hugo", "Ingrid", "Jonas", "Katya",
    "Leo", "Mabel", "Nora", "Oscar", "Priya", "Quentin", "Rosa", "Stella", "Theo",
];
